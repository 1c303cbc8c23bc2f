// Building the page's nodes. Text only ever becomes text nodes: there is no innerHTML here.

/** A new element. `attributes` are set as attributes; `on` holds listeners, `class` its classes. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else if (name === "value") {
      node.value = value;
    } else {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  put(node, children);
  return node;
}

/** Append children: nodes, texts, lists of them; what is empty is left out. */
export function put(node, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child);
  }
  return node;
}

/** Put other children in the place of those that are there. */
export function fill(node, ...children) {
  node.replaceChildren();
  return put(node, children);
}

/** A name that may hold anything, kept from turning the line around it. */
export function name(text, attributes = {}) {
  return el("bdi", attributes, text);
}

/** An address that a link may lead to, or null: only http and https are followed. */
export function safeAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/** A file that this very emulator serves, as a path on it; null for what lies elsewhere. */
export function ownFile(address) {
  try {
    const url = new URL(address);
    const loopback = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
    return loopback && url.pathname.startsWith("/attachments/") ? url.pathname : null;
  } catch {
    return null;
  }
}

/** How many bytes, for people. */
export function bytes(size) {
  if (size < 1024) return `${size} bytes`;
  if (size < 1024 * 1024) return `${(size / 1024).toFixed(1)} KB`;
  return `${(size / 1024 / 1024).toFixed(1)} MB`;
}

let lastId = 0;
/** An id for an element that another one refers to. */
export function freshId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}
