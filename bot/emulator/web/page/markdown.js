// Parser for Discord's Markdown. docs: Reference › Message Formatting;
// support pages "Markdown Text 101". It doesn't use the DOM.
//
// A node is {kind, children} or {kind, text, ...}. Parsing takes linear time:
// a mark that isn't closed in a part of the text isn't searched for again in it.

const DEEPEST = 12;
const MARKS = [
  ["***", "strong-em"], ["**", "strong"], ["__", "underline"], ["~~", "strike"], ["||", "spoiler"],
  ["*", "em"], ["_", "em"],
];
const SPECIAL = /[\\`*_~|<[h@\n]/g;
const TOKEN = new RegExp(
  [
    "<@!?(?<user>\\d{1,20})>", "<@&(?<role>\\d{1,20})>", "<#(?<channel>\\d{1,20})>",
    "</(?<command>[^:<>\\n]{1,100}):\\d{1,20}>",
    "<t:(?<time>-?\\d{1,13})(?::(?<style>[tTdDfFsSR]))?>",
    "<a?:(?<emoji>\\w{2,32}):\\d{1,20}>",
    "<(?<quiet>https?:\\/\\/[^\\s<>]{1,2000})>",
    "(?<bare>https?:\\/\\/[^\\s<>]{1,2000})",
    "(?<all>@everyone|@here)",
  ].join("|"),
  "y",
);

/** A message's content as a list of blocks. */
export function parse(text) {
  return blocks(text, 0);
}

/** Parse a text without blocks: for places without headings or lists. */
export function parseInline(text) {
  return inline(text, 0);
}

function blocks(text, depth) {
  const found = [];
  let plain = "";
  const flush = () => {
    const trimmed = plain.replace(/^\n|\n$/g, "");
    if (trimmed) found.push({ kind: "text", children: inline(trimmed, depth) });
    plain = "";
  };
  let at = 0;
  let fencesLeft = text.includes("```");
  while (at < text.length) {
    const lineStart = at === 0 || text[at - 1] === "\n";
    const rest = lineEnd(text, at);
    const line = text.slice(at, rest);
    const fence = fencesLeft ? line.indexOf("```") : -1;
    if (fence >= 0) {
      const close = text.indexOf("```", at + fence + 3);
      if (close < 0) {
        fencesLeft = false;
      } else if (close > at + fence + 3) {
        plain += line.slice(0, fence);
        flush();
        found.push(codeBlock(text.slice(at + fence + 3, close)));
        at = close + 3;
        if (text[at] === "\n") at += 1;
        continue;
      }
    }
    const block = lineStart && depth < DEEPEST ? blockAt(text, at, line, depth) : null;
    if (block) {
      flush();
      found.push(block.node);
      at = block.end;
      continue;
    }
    plain += text.slice(at, rest + 1);
    at = rest + 1;
  }
  flush();
  return found;
}

function lineEnd(text, at) {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

function codeBlock(inner) {
  const match = /^([a-zA-Z0-9+#_.-]{1,30})\n([\s\S]*)$/.exec(inner);
  const code = (match ? match[2] : inner).replace(/^\n/, "").replace(/\n$/, "");
  return { kind: "codeblock", language: match ? match[1] : "", text: code };
}

function blockAt(text, at, line, depth) {
  const end = at + line.length + 1;
  const heading = /^(#{1,3}) +(\S.*)$/.exec(line);
  if (heading) {
    const content = heading[2].replace(/\s*#+\s*$/, "") || heading[2];
    return { end, node: { kind: "heading", level: heading[1].length, children: inline(content, depth + 1) } };
  }
  const small = /^-# +(\S.*)$/.exec(line);
  if (small) return { end, node: { kind: "subtext", children: inline(small[1], depth + 1) } };
  if (line.startsWith(">>> ")) {
    return { end: text.length, node: { kind: "quote", children: blocks(text.slice(at + 4), depth + 1) } };
  }
  if (line.startsWith("> ") || line === ">") return quoteAt(text, at, depth);
  if (/^ *(?:[-*]|\d{1,10}\.) +\S/.test(line)) return listAt(text, at, depth);
  return null;
}

function quoteAt(text, start, depth) {
  const lines = [];
  let at = start;
  while (at < text.length) {
    const rest = lineEnd(text, at);
    const line = text.slice(at, rest);
    if (!line.startsWith("> ") && line !== ">") break;
    lines.push(line.slice(2));
    at = rest + 1;
  }
  return { end: at, node: { kind: "quote", children: blocks(lines.join("\n"), DEEPEST - 3 > depth ? depth + 3 : DEEPEST) } };
}

function listAt(text, start, depth) {
  const items = [];
  let at = start;
  while (at < text.length) {
    const rest = lineEnd(text, at);
    const match = /^( *)([-*]|\d{1,10}\.) +(\S.*)$/.exec(text.slice(at, rest));
    if (match) {
      const ordered = /\d/.test(match[2]);
      // Another kind of mark at the margin starts another list.
      if (items.length && match[1].length <= items[0].indent && ordered !== items[0].ordered) break;
      items.push({ indent: match[1].length, ordered, start: parseInt(match[2], 10), text: match[3] });
    } else if (items.length && /^ {2,}\S/.test(text.slice(at, rest))) {
      items[items.length - 1].text += `\n${text.slice(at, rest).trim()}`;
    } else {
      break;
    }
    at = rest + 1;
  }
  return { end: at, node: nest(items, depth) };
}

/** Nest a list's items by their indentation. */
function nest(items, depth) {
  const root = { kind: "list", ordered: items[0].ordered, start: items[0].start, children: [] };
  const open = [{ list: root, indent: items[0].indent }];
  for (const item of items) {
    while (open.length > 1 && item.indent < open[open.length - 1].indent) open.pop();
    let top = open[open.length - 1];
    if (item.indent > top.indent + 1 && open.length < DEEPEST && top.list.children.length) {
      const list = { kind: "list", ordered: item.ordered, start: item.start, children: [] };
      top.list.children[top.list.children.length - 1].children.push(list);
      top = { list, indent: item.indent };
      open.push(top);
    }
    top.list.children.push({ kind: "item", children: inline(item.text, depth + 1) });
  }
  return root;
}

function inline(text, depth) {
  const found = [];
  const hopeless = new Set();
  let from = 0;
  let at = 0;
  const take = (node, end) => {
    if (at > from) found.push({ kind: "plain", text: text.slice(from, at) });
    found.push(node);
    at = end;
    from = end;
  };
  while (at < text.length) {
    SPECIAL.lastIndex = at;
    const special = SPECIAL.exec(text);
    if (!special) break;
    at = special.index;
    const c = text[at];
    if (c === "\n") {
      take({ kind: "break" }, at + 1);
    } else if (c === "\\" && /[^\sa-zA-Z0-9]/.test(text[at + 1] ?? "")) {
      take({ kind: "plain", text: text[at + 1] }, at + 2);
    } else if (!(c === "`" ? takeCode() : takeToken() || (depth < DEEPEST && (takeLink() || takeMark())))) {
      at += 1;
    }
  }
  if (from < text.length) found.push({ kind: "plain", text: text.slice(from) });
  return found;

  function takeCode() {
    const run = /`+/y;
    run.lastIndex = at;
    const fence = run.exec(text)[0];
    if (!hopeless.has(fence)) {
      const close = closingRun(text, at + fence.length, fence.length);
      if (close > at + fence.length) {
        const code = text.slice(at + fence.length, close);
        take({ kind: "code", text: code.trim() ? code.replace(/^ (.*) $/s, "$1") : code }, close + fence.length);
        return true;
      }
      hopeless.add(fence);
    }
    at += fence.length - 1;
    return false;
  }

  function takeToken() {
    if (c0() !== "<" && c0() !== "h" && c0() !== "@") return false;
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) return false;
    const g = match.groups;
    let end = TOKEN.lastIndex;
    if (g.bare) {
      const address = trimmedAddress(g.bare);
      end = at + address.length;
      take({ kind: "link", address, children: [{ kind: "plain", text: address }] }, end);
    } else if (g.quiet) {
      take({ kind: "link", address: g.quiet, children: [{ kind: "plain", text: g.quiet }] }, end);
    } else if (g.user) take({ kind: "user", id: g.user }, end);
    else if (g.role) take({ kind: "role", id: g.role }, end);
    else if (g.channel) take({ kind: "channel", id: g.channel }, end);
    else if (g.command) take({ kind: "command", text: g.command }, end);
    else if (g.time) take({ kind: "time", seconds: Number(g.time), style: g.style ?? "f", text: match[0] }, end);
    else if (g.emoji) take({ kind: "emoji", text: `:${g.emoji}:` }, end);
    else take({ kind: "all", text: match[0] }, end);
    return true;
  }

  function c0() {
    return text[at];
  }

  function takeLink() {
    if (c0() !== "[" || hopeless.has("[")) return false;
    const middle = closingBracket(text, at + 1);
    if (middle < 0) return false;
    const target = /\((?:<(https?:\/\/[^\s<>]{1,2000})>|(https?:\/\/[^\s()]*(?:\([^\s()]*\)[^\s()]*)*))(?: +(?:"[^"\n]*"|'[^'\n]*'))?\)/y;
    target.lastIndex = middle + 1;
    const match = target.exec(text);
    const label = text.slice(at + 1, middle);
    // Discord doesn't mask a link whose label is an address: it could be a false one.
    if (!match || !label.trim() || /https?:\/\//.test(label)) return false;
    take({ kind: "link", address: match[1] ?? match[2], masked: true, children: inline(label, depth + 1) }, target.lastIndex);
    return true;
  }

  function takeMark() {
    for (const [mark, kind] of MARKS) {
      if (!text.startsWith(mark, at) || hopeless.has(mark)) continue;
      const close = closing(text, at + mark.length, mark);
      if (close < 0) {
        hopeless.add(mark);
        continue;
      }
      const inner = text.slice(at + mark.length, close);
      if (!opens(text, at, mark, inner, close)) continue;
      const children = inline(inner, depth + 1);
      const node = kind === "strong-em" ? { kind: "em", children: [{ kind: "strong", children }] } : { kind, children };
      take(node, close + mark.length);
      return true;
    }
    return false;
  }
}

/** `*` doesn't open before a space; `_` doesn't open or close inside a word. */
function opens(text, at, mark, inner, close) {
  if (!inner) return false;
  if (mark === "*") return !/^\s/.test(inner);
  if (mark === "_") return !/\w/.test(text[close + 1] ?? "") && !/\w/.test(text[at - 1] ?? "");
  return true;
}

function closing(text, from, mark) {
  for (let i = from; i < text.length; i += 1) {
    const c = text[i];
    if (c === "\\") i += 1;
    else if (c === "`") i = pastCode(text, i) - 1;
    else if (c === mark[0] && text.startsWith(mark, i) && i > from) {
      if (mark.length > 1) {
        while (text[i + mark.length] === mark[0]) i += 1;
        return i;
      }
      const run = runLength(text, i, c);
      const afterSpace = c === "*" && /\s/.test(text[i - 1]);
      if (run === 1 && !afterSpace) return i;
      if (run === 3) return i + 2;
      i += run - 1;
    }
  }
  return -1;
}

const runLength = (text, at, c) => {
  let n = 0;
  while (text[at + n] === c) n += 1;
  return n;
};

/** The end of the code span that starts here, or of the backticks if there is none. */
function pastCode(text, at) {
  const length = runLength(text, at, "`");
  const near = text.slice(0, at + 4000);
  const close = closingRun(near, at + length, length);
  return close < 0 ? at + length : close + length;
}

function closingRun(text, from, length) {
  let at = text.indexOf("`", from);
  while (at >= 0) {
    const run = runLength(text, at, "`");
    if (run === length) return at;
    at = text.indexOf("`", at + run);
  }
  return -1;
}

/** The position of a label's closing bracket; a label has at most 1,000 characters. */
function closingBracket(text, from) {
  let depth = 0;
  const end = Math.min(text.length, from + 1000);
  for (let i = from; i < end; i += 1) {
    if (text[i] === "\\") i += 1;
    else if (text[i] === "[") depth += 1;
    else if (text[i] === "]") {
      if (depth === 0) return i;
      depth -= 1;
    }
  }
  return -1;
}

/** An address without the punctuation that ends the sentence around it. */
function trimmedAddress(text) {
  let address = text.replace(/[.,;:!?'"\]*_~|]+$/, "");
  while (address.endsWith(")") && count(address, ")") > count(address, "(")) address = address.slice(0, -1);
  return address;
}

const count = (text, c) => text.split(c).length - 1;
