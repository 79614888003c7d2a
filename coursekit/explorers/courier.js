// What is fetched from the kernel, and what is kept of it.

const ROOM = 2_000_000; // bytes of frames kept, the held ones included
const PATIENCE = 800; // milliseconds until the reader is told that no frame has come

export async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

// Frames by key, within a bound: held ones stay; of the others the one unused longest goes first.
export class Frames {
  constructor(room = ROOM) {
    Object.assign(this, { room, bytes: 0, kept: new Map() });
  }

  get(key) {
    const found = this.kept.get(key);
    if (found && this.kept.delete(key)) this.kept.set(key, found); // at the end: used last
    return found?.frame;
  }

  put(key, frame, held = false) {
    this.drop(key);
    const size = 2 * Object.values(frame).join("").length;
    this.kept.set(key, { frame, held, size });
    this.bytes += size;
    for (const [old, { held: stays }] of this.kept) {
      if (this.bytes <= this.room) break;
      if (!stays && old !== key) this.drop(old);
    }
  }

  drop(key) {
    this.bytes -= this.kept.get(key)?.size ?? 0;
    this.kept.delete(key);
  }
}

// Sends one request at a time, the newest wish next, and at rest what may be wanted soon.
export class Courier {
  constructor(silent, stop, patience = PATIENCE) {
    Object.assign(this, { silent, stop, patience, shortest: patience, ahead: [] });
  }

  want(send, ahead = []) {
    this.wish = send ?? (this.inParts ? this.stop : undefined);
    this.ahead = this.patience === this.shortest ? ahead : []; // a silent kernel is left in peace
    if (this.inParts) this.timer = clearTimeout(this.timer); // what is under way ends with this
    this.inParts = false;
    this.next();
  }

  next() {
    if (this.timer) return; // a request is on its way
    const send = this.wish ?? this.ahead.shift();
    this.wish = undefined;
    if (!send) return;
    this.timer = setTimeout(() => this.late(), this.patience);
    try {
      send();
    } catch {
      this.late();
    }
  }

  // The answer takes a while, and comes in parts.
  goesOn() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.late(), this.patience);
    this.inParts = true;
  }

  came() {
    this.timer = clearTimeout(this.timer);
    this.inParts = false;
    this.patience = this.shortest;
    this.next();
  }

  late() {
    this.timer = clearTimeout(this.timer);
    this.patience *= 2;
    this.silent();
  }
}
