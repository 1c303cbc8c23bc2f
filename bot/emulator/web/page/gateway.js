// Gateway client: heartbeats, resuming, and a new session if that fails.
// docs: Gateway › Connection Lifecycle.

const RETRY = 1000;

export class Gateway {
  /** `hear(name, data)` gets every dispatch, `state(connected)` each change of the connection. */
  constructor(address, token, hear, state) {
    this.address = address;
    this.token = token;
    this.hear = hear;
    this.state = state;
    this.session = null;
    this.sequence = null;
    this.closed = false;
    this.connect();
  }

  connect() {
    const socket = new WebSocket(`${this.address}?v=10&encoding=json`);
    this.socket = socket;
    socket.onmessage = (event) => this.take(socket, JSON.parse(event.data));
    socket.onclose = (event) => {
      clearInterval(this.beating);
      if (this.closed || socket !== this.socket) return;
      this.state(false);
      if (event.code >= 4000 && event.code !== 4000 && event.code !== 4008) this.session = null;
      setTimeout(() => this.closed || this.connect(), RETRY);
    };
  }

  send(op, d) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ op, d }));
  }

  take(socket, { op, d, s, t }) {
    if (socket !== this.socket || this.closed) return;
    if (s !== null && s !== undefined) this.sequence = s;
    if (op === 10) {
      this.beating = setInterval(() => this.send(1, this.sequence), d.heartbeat_interval);
      if (this.session) this.send(6, { token: this.token, session_id: this.session, seq: this.sequence });
      else this.send(2, { token: this.token, properties: { os: "browser", browser: "rehearsal", device: "" } });
    } else if (op === 1) {
      this.send(1, this.sequence);
    } else if (op === 7) {
      socket.close(4000);
    } else if (op === 9) {
      if (!d) this.session = null;
      socket.close(4000);
    } else if (op === 0) {
      if (t === "READY") this.session = d.session_id;
      if (t === "READY" || t === "RESUMED") this.state(true);
      this.hear(t, d);
    }
  }

  close() {
    this.closed = true;
    clearInterval(this.beating);
    this.socket.close(1000);
  }
}
