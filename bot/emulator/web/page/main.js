// The page around the client: choosing a member, the clock, the room's state.

import { room } from "./api.js";
import { App } from "./app.js";
import { el, fill } from "./dom.js";
import { setUpDrawer } from "./drawer.js";
import { beginPlay, openFaults, openTour, setUpClock, setUpDrop, showCaption } from "./room.js";
import { EPHEMERAL, V2 } from "./message.js";
import { clockFace, setOffset } from "./times.js";

const select = document.getElementById("member");
const statusBox = document.getElementById("status");
let people = null;
let app = null;
let lastState = null;
let lastPlay = { state: "none", said: [] };
let clearing = null;
let cardShown = false;

function status(text, passing = false) {
  clearTimeout(clearing);
  statusBox.textContent = text;
  statusBox.hidden = !text;
  if (passing) clearing = setTimeout(() => status(""), 6000);
}

async function become(memberId) {
  const member = people.members.find((m) => m.id === memberId) ?? people.members[0];
  const before = app ? { main: app.main.channelId, side: app.side.channelId } : { main: sessionStorage.getItem("channel"), side: null };
  app?.close();
  delete document.body.dataset.member;
  sessionStorage.setItem("member", member.id);
  select.value = member.id;
  const one = new App(people, member, status);
  app = one;
  if (lastState) one.room = lastState;
  await one.ready;
  if (one !== app) return;
  document.getElementById("server-name").textContent = one.store.guild.name;
  one.store.addEventListener("members", loadPeople);
  one.store.addEventListener("channel", (event) => follow(one, event.detail));
  one.store.addEventListener("message", (event) => showCard(one, event.detail.message));
  const places = one.store.places();
  const first = places.find((c) => c.id === before.main) ?? places.find((c) => c.name === "essays") ?? places[0];
  one.main.channelId = null;
  await one.go(first?.id);
  if (before.side && one.store.channels.has(before.side)) await one.openThread(before.side);
  else one.closeThread();
  document.body.dataset.member = member.id;
}

/** While a play runs, show the thread with the newest message. */
function follow(one, { channel, fresh }) {
  if (lastPlay.state !== "running" || !fresh) return;
  said([`This reply got its own thread: “${channel.name}”`], true);
  if (one.main.channelId === channel.parent_id) one.main.timeline?.toPresent();
  if (window.innerWidth >= 760) one.openThread(channel.id);
}

/** While a play runs, keep the essay's card in view until the first reply. */
function showCard(one, message) {
  const isCard = message.author.id === people.bot_id && message.flags & V2 && !(message.flags & EPHEMERAL) && message.type === 0;
  if (lastPlay.state !== "running" || cardShown || !isCard || one.main.channelId !== message.channel_id) return;
  cardShown = true;
  said(["Salon posts the essay: first its card, with title, author and epigraph, then the text. The readers reply below."], true);
  one.main.timeline?.hold(message.id);
}

async function loadPeople() {
  people = await room("GET", "/room").catch(() => people);
  setOffset(people.offset);
  if (app) app.people = people;
  const chosen = select.value;
  fill(select, people.members.map((m) => el("option", { value: m.id }, m.admin ? `${m.name} (admin)` : m.name)));
  if (chosen) select.value = chosen;
}

function said(lines, running) {
  showCaption(lines, running);
}

/** Apply the room's state: the clock, the bot, the play. */
function takeState(state) {
  const first = lastState === null;
  const changed = first || lastState.bot !== state.bot || lastState.connected !== state.connected;
  const more = state.play.said.length !== lastPlay.said.length || state.play.state !== lastPlay.state;
  lastState = state;
  if (state.play.state !== "running") cardShown = false;
  setOffset(state.offset);
  drawClock();
  if (app) {
    app.room = state;
    if (changed) app.sidebar.draw();
    app.main.timeline?.renew();
    app.side.timeline?.renew();
  }
  if (more) {
    const running = state.play.state === "running";
    const lines = state.play.said.length ? state.play.said : running ? ["Ada is publishing an essay in #essays…"] : [];
    const end = state.play.state === "done" ? ["A day later, Salon comes back with the essay’s questions. Now it’s your turn: choose who you are, reply, or type / for commands."] : state.play.state === "failed" ? [state.play.said.at(-1) ?? "The tour couldn’t be finished."] : [];
    if (!(first && !running)) said([...lines, ...end], running);
    lastPlay = state.play;
  }
  document.getElementById("tour-button").disabled = state.play.state === "running";
  document.getElementById("faults-button").classList.toggle("active", state.faults > 0);
  if (first && state.offers) openTour(startTour);
}

async function startTour() {
  const essays = app.store.places().find((c) => c.name === "essays");
  if (essays) await app.go(essays.id);
  await beginPlay(status);
}

function drawClock() {
  const [weekday, rest] = clockFace();
  fill(document.getElementById("now"), el("span", { class: "weekday" }, weekday), rest);
}

function setUpTheme() {
  const root = document.documentElement;
  const set = (theme) => { root.dataset.theme = theme; };
  set(localStorage.getItem("theme") ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark"));
  document.getElementById("theme-button").addEventListener("click", () => {
    set(root.dataset.theme === "dark" ? "light" : "dark");
    localStorage.setItem("theme", root.dataset.theme);
  });
}

async function begin() {
  setUpTheme();
  await loadPeople();
  select.addEventListener("change", () => become(select.value));
  setUpDrawer();
  document.getElementById("faults-button").addEventListener("click", () => openFaults(() => app, status));
  document.getElementById("tour-button").addEventListener("click", () => openTour(startTour));
  setUpClock(status);
  setUpDrop(() => app, status);
  const wanted = sessionStorage.getItem("member");
  await become(people.members.some((m) => m.id === wanted) ? wanted : people.members[0].id);
  const live = new EventSource("/rehearsal/room/live");
  live.onmessage = (event) => takeState(JSON.parse(event.data));
  live.onerror = () => status("The rehearsal has stopped. Waiting for it to start again…");
  live.onopen = async () => {
    status("");
    await loadPeople();
    // Another world may be served at the same address now, in which this token is unknown.
    if (app && !people.members.some((m) => m.token === app.api.token)) window.location.reload();
  };
  setInterval(drawClock, 1000);
  setInterval(() => { app?.main.timeline?.renew(); app?.side.timeline?.renew(); }, 20000);
}

begin();
