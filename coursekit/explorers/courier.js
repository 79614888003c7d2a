// What is fetched from the kernel, and what is kept of it.

const ROOM = 2_000_000; // bytes of frames kept, the held ones included
const PATIENCE = 800; // milliseconds until the reader is told that no answer has come
const LOST = 5; // times as long until a request counts as lost, and the newest wish is sent

export async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

// Frames by key, within a bound: held ones stay; of the others the one unused longest goes first.
// What was answered is newer than what is held, which was drawn when the picture opened.
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
    const before = this.kept.get(key);
    this.drop(key);
    const answered = !held || before?.answered;
    if (held && answered) frame = before.frame;
    const size = 2 * Object.values(frame).join("").length;
    this.kept.set(key, { frame, held: held || before?.held, answered, size });
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

// Sends one request at a time, the newest wish next, and at rest what may be wanted soon. Whoever
// has been silent once is called silent at each wish, until an answer comes.
export class Courier {
  constructor(silent, stop, patience = PATIENCE) {
    Object.assign(this, { silent, stop, patience, isSilent: false, ahead: [] });
  }

  want(send, ahead = []) {
    this.wish = send ?? (this.inParts ? this.stop : undefined);
    this.ahead = this.isSilent ? [] : ahead; // a silent kernel is left in peace
    if (this.inParts) this.timer = clearTimeout(this.timer); // what is under way ends with this
    this.inParts = false;
    this.next();
    if (this.isSilent && this.wish) this.silent();
  }

  next() {
    if (this.timer) return; // a request is on its way
    const send = this.wish ?? this.ahead.shift();
    this.wish = undefined;
    if (send) this.send(send);
  }

  // At once, whatever else is on its way.
  send(request) {
    this.waits();
    if (this.isSilent) this.silent();
    try {
      request();
    } catch {
      this.timer = clearTimeout(this.timer);
      this.silent();
    }
  }

  waits() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.late(), this.patience);
  }

  // The answer takes a while, and comes in parts.
  goesOn() {
    this.waits();
    this.isSilent = false;
    this.inParts = true;
  }

  came() {
    this.timer = clearTimeout(this.timer);
    this.isSilent = this.inParts = false;
    this.next();
  }

  late() {
    this.isSilent = true;
    this.timer = setTimeout(() => this.lost(), LOST * this.patience);
    this.silent();
  }

  lost() {
    this.timer = undefined;
    this.next();
  }
}
