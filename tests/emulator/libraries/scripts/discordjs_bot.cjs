// The bot of the library tests, with discord.js. Run with one argument, the settings as JSON.
const {
  ApplicationCommandType, ApplicationCommandOptionType, ActionRowBuilder, ButtonBuilder, ButtonStyle, Client,
  EmbedBuilder, Events, FileUploadBuilder, GatewayIntentBits, LabelBuilder, MessageFlags, ModalBuilder,
  StringSelectMenuBuilder, TextInputBuilder, TextInputStyle, UserSelectMenuBuilder,
} = require("discord.js");

const settings = JSON.parse(process.argv[2]);
const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.MessageContent],
  rest: { api: `${settings.page}/api` },
});

const sizeOf = async (url) => (await (await fetch(url)).arrayBuffer()).byteLength;
const rows = (...items) => items.map((item) => new ActionRowBuilder().addComponents(item));

const acts = {
  async messages(message) {
    const sent = await message.reply({
      content: "first",
      embeds: [new EmbedBuilder().setTitle("Card").setDescription("Text")],
      files: [{ attachment: Buffer.from("words"), name: "notes.txt" }],
    });
    await sent.edit("second");
    await sent.pin();
    await message.react("👍");
    await (await message.channel.send("gone")).delete();
    const found = [...(await message.channel.messages.fetch({ limit: 10 })).values()].filter((one) => one.type !== 6);
    await message.channel.send(`history ${found.length} ${found.at(-1).content}`);
  },
  async thread(message) {
    const thread = await message.startThread({ name: "Talk" });
    await thread.send("inside");
    await thread.members.add(message.author.id);
    await thread.setLocked(true);
    await thread.setArchived(true);
  },
  async forum() {
    const forum = await client.channels.fetch(settings.forum, { force: true });
    const appliedTags = [forum.availableTags[0].id];
    await forum.threads.create({ name: "Post", message: { content: "starter" }, appliedTags });
  },
  async panel(message) {
    const options = [{ label: "One", value: "one" }, { label: "Two", value: "two" }];
    await message.channel.send({
      content: "panel",
      components: rows(
        new ButtonBuilder().setLabel("Press").setCustomId("press").setStyle(ButtonStyle.Secondary),
        new StringSelectMenuBuilder().setCustomId("choose").addOptions(options),
        new UserSelectMenuBuilder().setCustomId("who"),
      ),
    });
  },
  async form(message) {
    const button = new ButtonBuilder().setLabel("Form").setCustomId("form").setStyle(ButtonStyle.Primary);
    await message.channel.send({ content: "form here", components: rows(button) });
  },
  async webhook(message) {
    const webhook = await message.channel.createWebhook({ name: "Copy" });
    const sent = await webhook.send({ content: "copied", username: "Somebody else" });
    await webhook.editMessage(sent, { content: "copied again" });
    await webhook.delete();
  },
  async once(message) { await message.channel.send("once"); },
  async again(message) { await message.channel.send("again"); },
};

client.once(Events.ClientReady, async () => {
  await client.application.commands.set([
    {
      name: "greet",
      description: "Greets",
      options: [
        { type: ApplicationCommandOptionType.String, name: "name", description: "Whom", required: true, autocomplete: true },
        { type: ApplicationCommandOptionType.Attachment, name: "file", description: "A file", required: true },
      ],
    },
    { type: ApplicationCommandType.Message, name: "Quote" },
  ]);
  await client.channels.cache.get(settings.channel).send("ready");
});

client.on(Events.MessageCreate, async (message) => {
  if (message.author.bot || !message.content.startsWith("!")) return;
  const what = message.content.slice(1);
  await acts[what](message);
  await message.channel.send(`done ${what}`);
});

client.on(Events.InteractionCreate, async (interaction) => {
  if (interaction.isAutocomplete()) {
    const typed = interaction.options.getFocused();
    const known = ["Ada", "Ann", "Ben"].filter((name) => name.startsWith(typed));
    await interaction.respond(known.map((name) => ({ name, value: name })));
  } else if (interaction.isChatInputCommand()) {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    const file = interaction.options.getAttachment("file");
    const name = interaction.options.getString("name");
    await interaction.editReply(`Hello ${name}, ${file.name} has ${await sizeOf(file.url)} bytes`);
    await interaction.followUp("And goodbye");
  } else if (interaction.isMessageContextMenuCommand()) {
    await interaction.reply(`> ${interaction.targetMessage.content}`);
  } else if (interaction.isStringSelectMenu()) {
    await interaction.reply({ content: `chose ${interaction.values[0]}`, flags: MessageFlags.Ephemeral });
  } else if (interaction.isUserSelectMenu()) {
    await interaction.reply(`who ${interaction.members.first().displayName}`);
  } else if (interaction.isButton() && interaction.customId === "press") {
    await interaction.update({ content: "pressed", components: [] });
  } else if (interaction.isButton()) {
    const words = new TextInputBuilder().setCustomId("words").setStyle(TextInputStyle.Short);
    const files = new FileUploadBuilder().setCustomId("files");
    await interaction.showModal(new ModalBuilder().setCustomId("modal").setTitle("Form").addLabelComponents(
      new LabelBuilder().setLabel("Words").setTextInputComponent(words),
      new LabelBuilder().setLabel("Files").setFileUploadComponent(files),
    ));
  } else if (interaction.isModalSubmit()) {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    const file = interaction.fields.getUploadedFiles("files").first();
    const words = interaction.fields.getTextInputValue("words");
    await interaction.editReply(`${words}, ${file.name} has ${await sizeOf(file.url)} bytes`);
  }
});

client.on(Events.Error, (error) => console.error(error));
client.on(Events.Debug, (line) => console.log(line));
client.login(settings.token);
