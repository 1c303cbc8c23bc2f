// Interactions: commands, components and modals are sent over REST, answered over the gateway.
// docs: Receiving and Responding to Interactions.

import { nonce } from "./api.js";

export const COMMAND = 2;
export const COMPONENT = 3;
export const AUTOCOMPLETE = 4;
export const MODAL = 5;
const OUTCOMES = {
  INTERACTION_SUCCESS: "success",
  INTERACTION_FAILURE: "failure",
  INTERACTION_MODAL_CREATE: "modal",
  APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE: "choices",
};

export class Interactions {
  constructor(api, guildId, applicationId) {
    this.api = api;
    this.guildId = guildId;
    this.applicationId = applicationId;
    this.waiting = new Map();
  }

  /** Handle a dispatch; whether it was about an interaction. */
  handle(name, data) {
    const outcome = OUTCOMES[name];
    if (!outcome) return false;
    this.waiting.get(data.nonce)?.({ outcome, data });
    this.waiting.delete(data.nonce);
    return true;
  }

  /** Send an interaction; {outcome, data} once it was answered or has failed. */
  async send(type, channelId, data, { files = [], more = {} } = {}) {
    const key = nonce();
    const answered = new Promise((done) => this.waiting.set(key, done));
    const body = {
      type, application_id: this.applicationId, guild_id: this.guildId, channel_id: channelId,
      session_id: "rehearsal", nonce: key, data, ...more,
    };
    try {
      await this.api.post("/interactions", body, files);
    } catch (error) {
      this.waiting.delete(key);
      throw error;
    }
    return answered;
  }
}
