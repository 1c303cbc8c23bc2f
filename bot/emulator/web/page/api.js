// Discord API client with one member's token.

/** An error response of the API: `status`, its `code`, and a sentence. */
export class ApiError extends Error {
  constructor(status, body) {
    super(sentence(status, body));
    this.status = status;
    this.code = body?.code ?? 0;
  }
}

const KNOWN = {
  50001: "You don’t have access to this.",
  50013: "You don’t have permission to do this.",
  50083: "This thread is archived.",
  160005: "This thread is locked.",
  50006: "You can’t send an empty message.",
};

function sentence(status, body) {
  if (body === null) return `Discord answered with ${status}.`;
  if (KNOWN[body.code]) return KNOWN[body.code];
  const inner = body.errors ? firstError(body.errors) : null;
  return inner ?? body.message ?? `Discord answered with ${status}.`;
}

function firstError(errors) {
  if (Array.isArray(errors._errors) && errors._errors.length) return errors._errors[0].message;
  for (const value of Object.values(errors)) {
    const found = value && typeof value === "object" ? firstError(value) : null;
    if (found) return found;
  }
  return null;
}

const rest = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** A random nonce in the form of Discord's. */
export const nonce = () => String(Math.floor(Math.random() * 2 ** 52) + 2 ** 52);

export class Api {
  constructor(token) {
    this.token = token;
  }

  /** Send a request, as a form if there are `files`; its JSON or null. Throws ApiError. */
  async call(method, path, body = undefined, files = []) {
    for (;;) {
      const headers = { Authorization: this.token };
      let content;
      if (files.length) {
        content = new FormData();
        content.append("payload_json", JSON.stringify(body));
        files.forEach((file, number) => content.append(`files[${number}]`, file, file.name));
      } else if (body !== undefined) {
        headers["Content-Type"] = "application/json";
        content = JSON.stringify(body);
      }
      const response = await fetch(`/api/v10${path}`, { method, headers, body: content });
      const text = await response.text();
      let found = null;
      try {
        found = text ? JSON.parse(text) : null;
      } catch {
        found = { message: text.slice(0, 200) };
      }
      if (response.status === 429 && found?.code !== 20016) {
        await rest(found?.retry_after ?? 1);
        continue;
      }
      if (!response.ok) throw new ApiError(response.status, found);
      return found;
    }
  }

  get(path) { return this.call("GET", path); }
  post(path, body, files) { return this.call("POST", path, body, files); }
  put(path, body) { return this.call("PUT", path, body); }
  patch(path, body) { return this.call("PATCH", path, body); }
  delete(path) { return this.call("DELETE", path); }
}

/** Send a request to the rehearsal's own endpoints, which need no token. Throws ApiError. */
export async function room(method, path, body = undefined) {
  const form = body instanceof FormData;
  const headers = body === undefined || form ? {} : { "Content-Type": "application/json" };
  const content = body === undefined || form ? body : JSON.stringify(body);
  const response = await fetch(`/rehearsal${path}`, { method, headers, body: content });
  const found = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, found);
  return found;
}
