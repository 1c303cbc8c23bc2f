// The bot of the library tests, with oceanic.js. Run with one argument, the settings as JSON.
const { ButtonStyles, Client, ComponentTypes, InteractionTypes, MessageFlags, TextInputStyles } = require("oceanic.js");

const settings = JSON.parse(process.argv[2]);
const client = new Client({
  auth: `Bot ${settings.token}`,
  rest: { baseURL: `${settings.page}/api/v10` },
  gateway: { intents: ["GUILDS", "GUILD_MESSAGES", "MESSAGE_CONTENT"] },
});

const sizeOf = async (url) => (await (await fetch(url)).arrayBuffer()).byteLength;
const row = (...components) => ({ type: ComponentTypes.ACTION_ROW, components });
const say = (place, content) => client.rest.channels.createMessage(place, { content });

const acts = {
  async messages({ id, channelID }) {
    const sent = await client.rest.channels.createMessage(channelID, {
      content: "first",
      embeds: [{ title: "Card", description: "Text" }],
      messageReference: { messageID: id },
      files: [{ contents: Buffer.from("words"), name: "notes.txt" }],
    });
    await sent.edit({ content: "second" });
    await sent.pin();
    await client.rest.channels.createReaction(channelID, id, "👍");
    await (await say(channelID, "gone")).delete();
    const found = (await client.rest.channels.getMessages(channelID, { limit: 10 })).filter((one) => one.type !== 6);
    await say(channelID, `history ${found.length} ${found.at(-1).content}`);
  },
  async thread({ id, channelID, author }) {
    const thread = await client.rest.channels.startThreadFromMessage(channelID, id, { name: "Talk" });
    await say(thread.id, "inside");
    await client.rest.channels.addThreadMember(thread.id, author.id);
    await client.rest.channels.edit(thread.id, { archived: true, locked: true });
  },
  async forum() {
    const forum = await client.rest.channels.get(settings.forum);
    await client.rest.channels.startThreadInThreadOnlyChannel(settings.forum, {
      name: "Post",
      message: { content: "starter" },
      appliedTags: [forum.availableTags[0].id],
    });
  },
  async panel({ channelID }) {
    const options = [{ label: "One", value: "one" }, { label: "Two", value: "two" }];
    await client.rest.channels.createMessage(channelID, {
      content: "panel",
      components: [
        row({ type: ComponentTypes.BUTTON, style: ButtonStyles.SECONDARY, label: "Press", customID: "press" }),
        row({ type: ComponentTypes.STRING_SELECT, customID: "choose", options }),
        row({ type: ComponentTypes.USER_SELECT, customID: "who" }),
      ],
    });
  },
  async form({ channelID }) {
    const button = { type: ComponentTypes.BUTTON, style: ButtonStyles.PRIMARY, label: "Form", customID: "form" };
    await client.rest.channels.createMessage(channelID, { content: "form here", components: [row(button)] });
  },
  async webhook({ channelID }) {
    const webhook = await client.rest.webhooks.create(channelID, { name: "Copy" });
    const sent = await webhook.execute({ content: "copied", username: "Somebody else", wait: true });
    await webhook.editMessage(sent.id, { content: "copied again" });
    await webhook.delete();
  },
  once: ({ channelID }) => say(channelID, "once"),
  again: ({ channelID }) => say(channelID, "again"),
};

client.once("ready", async () => {
  await client.application.bulkEditGlobalCommands([
    {
      type: 1,
      name: "greet",
      description: "Greets",
      options: [
        { type: 3, name: "name", description: "Whom", required: true, autocomplete: true },
        { type: 11, name: "file", description: "A file", required: true },
      ],
    },
    { type: 3, name: "Quote" },
  ]);
  await say(settings.channel, "ready");
});

client.on("messageCreate", async (message) => {
  if (message.author.bot || !message.content.startsWith("!")) return;
  const what = message.content.slice(1);
  await acts[what](message);
  await say(message.channelID, `done ${what}`);
});

async function run(interaction) {
  if (interaction.data.target) {
    await interaction.createMessage({ content: `> ${interaction.data.target.content}` });
    return;
  }
  await interaction.defer(MessageFlags.EPHEMERAL);
  const file = interaction.data.options.getAttachment("file", true);
  const name = interaction.data.options.getString("name", true);
  await interaction.editOriginal({ content: `Hello ${name}, ${file.filename} has ${await sizeOf(file.url)} bytes` });
  await interaction.createFollowup({ content: "And goodbye" });
}

async function press(interaction) {
  const { customID, values } = interaction.data;
  if (customID === "press") {
    await interaction.editParent({ content: "pressed", components: [] });
  } else if (customID === "choose") {
    await interaction.createMessage({ content: `chose ${values.getStrings()[0]}`, flags: MessageFlags.EPHEMERAL });
  } else if (customID === "who") {
    await interaction.createMessage({ content: `who ${values.getMembers()[0].displayName}` });
  } else {
    const label = (text, component) => ({ type: ComponentTypes.LABEL, label: text, component });
    await interaction.createModal({
      customID: "modal",
      title: "Form",
      components: [
        label("Words", { type: ComponentTypes.TEXT_INPUT, customID: "words", style: TextInputStyles.SHORT }),
        label("Files", { type: ComponentTypes.FILE_UPLOAD, customID: "files" }),
      ],
    });
  }
}

client.on("interactionCreate", async (interaction) => {
  if (interaction.type === InteractionTypes.APPLICATION_COMMAND_AUTOCOMPLETE) {
    const typed = interaction.data.options.getFocused(true).value;
    const known = ["Ada", "Ann", "Ben"].filter((name) => name.startsWith(typed));
    await interaction.result(known.map((name) => ({ name, value: name })));
  } else if (interaction.type === InteractionTypes.APPLICATION_COMMAND) {
    await run(interaction);
  } else if (interaction.type === InteractionTypes.MESSAGE_COMPONENT) {
    await press(interaction);
  } else {
    await interaction.defer(MessageFlags.EPHEMERAL);
    const words = interaction.data.components.getTextInput("words");
    const [file] = interaction.data.components.getFileUploadComponent("files").values
      .map((id) => interaction.data.resolved.attachments.get(id));
    await interaction.editOriginal({ content: `${words}, ${file.filename} has ${await sizeOf(file.url)} bytes` });
  }
});

client.on("error", (error) => console.error(error));
client.connect();
