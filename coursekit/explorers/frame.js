// A player of frames: it knows neither Jupyter nor Matplotlib, and needs frame.css beside it.
// mount(element, data, host) -> { hold(frames), receive(frames, cost), set(state), destroy() }
//   data: what Explorer.script() in frame.py says, and `held` (packed frames), `state` (at first)
//   host: { ask(keys), gone(), changed(state), picked(mark), dragged(mark, x, y) }, all optional
// A frame is { fragment, evidence, alt } or { fault }; its key is the place of every control in its
// list of positions, joined by commas. Nothing moves by itself, so no motion has to be reduced.

const ROOM = 2_000_000; // bytes of frames kept, the held ones included
const PATIENCE = 800; // milliseconds until the reader is told that no frame has come
const WATCH = 2000; // milliseconds until what the reader was told is looked at again
const SETTLED = 400; // milliseconds of rest that end a move
const CHEAP = 40; // milliseconds: dearer frames are not fetched ahead
const OFTEN = 50; // milliseconds between two words to the kernel about a control that moves

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const safe = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

export function nearest(positions, value) {
  if (typeof value !== "number") return Math.max(positions.indexOf(value), 0);
  const off = positions.map((position) => Math.abs(position - value));
  return off.indexOf(Math.min(...off));
}

// Whole steps lie where the start lies, so that a mouse or an arrow key finds the held positions.
export function snapped({ positions, start, stride }, place) {
  const home = nearest(positions, start) % stride;
  const last = Math.floor((positions.length - 1 - home) / stride);
  return clamp(Math.round((place - home) / stride), 0, last) * stride + home;
}

// Where a key takes a slider; undefined where the key means nothing to it.
export function keyed(control, place, key, fine) {
  const last = control.positions.length - 1;
  const page = Math.max(1, Math.round(last / 10 / control.stride));
  const pages = { PageUp: page, PageDown: -page, Home: -Infinity, End: Infinity };
  const by = { Right: 1, Up: 1, Left: -1, Down: -1, ...pages }[key.replace("Arrow", "")];
  if (by === undefined) return undefined;
  if (fine || !Number.isFinite(by)) return clamp(place + by, 0, last);
  const whole = snapped(control, place); // a plain key first comes back to whole steps
  if ((whole - place) * by > 0) return whole;
  return snapped(control, whole + by * control.stride);
}

// The plain keys that move something here; all others are Jupyter's: save, run, undo.
export function ours({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  if (ctrlKey || metaKey || altKey || (shiftKey && key === "Enter")) return false;
  return /^(Arrow.*|Page.*|Home|End|Enter|[ +=−_0-])$/.test(key);
}

// Ids are the page's, so each mount gives its own a prefix: two pictures never share one.
export function prefixed(svg, prefix) {
  return svg.replace(/(\sid="|url\(#|href="#)/g, `$1${prefix}`);
}

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
  constructor(silent, patience = PATIENCE) {
    Object.assign(this, { silent, patience, shortest: patience, ahead: [] });
  }

  want(send, ahead = []) {
    this.wish = send;
    this.ahead = this.patience === this.shortest ? ahead : []; // a silent kernel is left in peace
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

  came() {
    this.timer = clearTimeout(this.timer);
    this.patience = this.shortest;
    this.next();
  }

  late() {
    this.timer = clearTimeout(this.timer);
    this.patience *= 2;
    this.silent();
  }
}

// The keys of the places around one, along the control moved last before the others.
export function neighbours(controls, places, moved) {
  return [...new Set([moved, ...controls.keys()])]
    .flatMap((k) => [1, -1, 2, -2].map((by) => [k, by * controls[k].stride]))
    .filter(([k, by]) => places[k] + by in controls[k].positions)
    .map(([k, by]) => String(places.map((place, n) => (n === k ? place + by : place))));
}

export function mount(element, data, host = {}) {
  const prefix = `coursekit-${Math.random().toString(36).slice(2)}-`;
  const { controls } = data;
  const starts = Object.fromEntries(controls.map(({ name, start }) => [name, start]));
  const states = [...data.states, ["reset", starts]];
  const placed = (state) =>
    controls.map((c, k) => (c.name in state ? nearest(c.positions, state[c.name]) : places[k]));
  let places = placed({ ...starts, ...data.state });
  let shown; // the key of what the picture shows, which lags behind while a frame is on its way
  let wished; // the key that was asked for last because the reader is there
  let moved = 0; // the control that moved last
  let cost = 0; // milliseconds that a frame costs
  let rest, watch;
  let taken = false; // by the reader, who hears nothing before
  const frames = new Frames();
  const courier = new Courier(silent);
  const drags = new Courier(() => {}); // of a drag, too, the newest place is the one to send
  const ask = (key, wish) => () => {
    wished = wish;
    host.ask([key]); // throws where nobody can be asked
  };
  const page = build(element, { ...data, states }, prefix, {
    slide: (k, place) => move(places.with(k, place)),
    go: (k) => move(placed(states[k][1])),
    pick(mark) {
      if (data.picks[mark]) move(placed(data.picks[mark]));
      host.picked?.(mark);
    },
    drag(mark, x, y) {
      const handle = data.handles[mark];
      if (!handle) return drags.want(() => host.dragged(mark, x, y));
      const k = controls.findIndex(({ name }) => name === handle.control);
      const [first, last] = [controls[k].positions[0], controls[k].positions.at(-1)];
      const share = ((handle.axis === "y" ? y : x) - handle.low) / (handle.high - handle.low);
      const place = nearest(controls[k].positions, first + share * (last - first));
      return move(places.with(k, snapped(controls[k], place)));
    },
  });

  function move(next, tell = true) {
    if (String(next) === String(places)) return;
    taken ||= tell;
    if (tell) drags.want(); // what the reader does now is newer than a drag that waits
    moved = next.findIndex((place, k) => place !== places[k]);
    places = next;
    show();
    const state = controls.map((c, k) => [c.name, c.positions[places[k]]]);
    if (tell) host.changed?.(Object.fromEntries(state));
  }

  function show() {
    const key = String(places);
    page.point(places, data.states.map(([, state]) => String(placed(state)) === key));
    const frame = frames.get(key);
    if (frame) paint(frame, key);
    courier.want(frame ? undefined : ask(key, key));
  }

  function paint(frame, key) {
    shown = key;
    page.paint(frame);
    page.notify(frame.fault ?? "");
    clearTimeout(rest);
    rest = setTimeout(settle, SETTLED);
  }

  function settle() {
    if (shown !== String(places)) return; // its frame is on its way
    if (taken) page.announce();
    if (!host.ask || cost > CHEAP || !frames.kept.has(shown)) return;
    const near = neighbours(controls, places, moved).filter((key) => !frames.kept.has(key));
    courier.want(undefined, near.map((key) => ask(key)));
  }

  // No frame came in time: the picture stays, or else shows the start.
  function silent() {
    clearTimeout(watch);
    if (shown === String(places)) return;
    if (!shown) page.paint(frames.get((shown = String(placed(starts)))) ?? {});
    const there = shown.split(",");
    const words = controls.map((c, k) => `${c.label} ${c.spoken[there[k]]}`).join(", ");
    const gone = host.gone?.() ?? true;
    const why = gone ? "A fresh position needs a running kernel." : "The kernel is busy.";
    const then = gone ? "" : " until the kernel is free";
    page.notify(`${why} The picture still shows ${words}${then}.`);
    if (taken) page.announce();
    if (!gone) watch = setTimeout(silent, WATCH);
  }

  function receive(fresh, milliseconds = 0) {
    if (!fresh) return drags.came();
    for (const [key, frame] of Object.entries(fresh)) {
      if (!frame.fault) frames.put(key, frame); // a fault may be gone at the next visit
      // While one drags over fresh positions the picture follows.
      const here = String(places);
      if (key === here || (key === wished && !frames.kept.has(here))) paint(frame, key);
    }
    cost = milliseconds;
    return courier.came();
  }

  async function hold(text) {
    const held = await unpacked(text).catch(() => ({}));
    for (const [key, frame] of Object.entries(held)) frames.put(key, frame, true);
    if (shown !== String(places)) show();
  }

  hold(data.held);
  return {
    hold,
    receive,
    set: (state) => move(placed(state), false),
    destroy: () => [page.leave(), ...[rest, watch, courier.timer].map(clearTimeout)],
  };
}

// The page: everything that touches the DOM.
function build(element, data, prefix, on) {
  element.innerHTML = `
    <div class="coursekit-explorer" role="group" aria-label="${safe(data.title)}">
      <div class="coursekit-frame">
        <div class="coursekit-picture">${prefixed(data.background, prefix)}</div>
        <p class="coursekit-notice" aria-hidden="true" hidden></p>
      </div>
      <div class="coursekit-controls">${data.controls.map(FIELD(prefix)).join("")}</div>
      <div class="coursekit-states">${data.states.map(BUTTON).join("")}</div>
      <div class="coursekit-words">
        <p class="coursekit-evidence" aria-hidden="true"></p>
        <p class="coursekit-room" aria-hidden="true">${safe(data.room)}</p>
        <p class="coursekit-said" aria-live="polite"></p>
      </div>
    </div>`;
  const find = (name) => element.querySelector(`.coursekit-${name}`);
  const [picture, notice, evidence, room] = ["picture", "notice", "evidence", "room"].map(find);
  const svg = picture.querySelector("svg");
  const overlay = svg.appendChild(document.createElementNS(svg.namespaceURI, "g"));
  const whole = find("explorer");
  // Jupyter listens on the document, in Notebook 7 before any element hears: so this goes first. It
  // asks the part that has the focus whether the mark is there, for radio buttons by "true".
  const keep = (event) => {
    if (!whole.contains(event.target)) return;
    if (ours(event)) event.target.dataset.lmSuppressShortcuts = "true";
    else delete event.target.dataset.lmSuppressShortcuts;
  };
  window.addEventListener("keydown", keep, true);
  whole.style.cssText = `--picture-width: ${svg.getAttribute("width") ?? 720}px`;
  const buttons = [...find("states").children];
  buttons.forEach((button, k) => (button.onclick = () => on.go(k)));
  const fields = [...find("controls").children];
  fields.forEach((field, k) => {
    const control = data.controls[k];
    field.oninput = ({ target }) => {
      target.value = snapped(control, Number(target.value));
      on.slide(k, Number(target.value));
    };
    field.onkeydown = (event) => {
      if (!ours(event) || control.kind === "choice") return;
      const place = keyed(control, Number(event.target.value), event.key, event.shiftKey);
      if (place === undefined) return;
      event.preventDefault();
      on.slide(k, place);
    };
  });
  takeHold(picture, svg, on); // of marks.js and, below, of zoom.js: parts of this module
  if (data.zooms) zoomable(find("frame"), picture, svg);

  return {
    point(places, pressed) {
      pressed.forEach((isNow, k) => (buttons[k].ariaPressed = isNow));
      fields.forEach((field, k) => {
        const spoken = data.controls[k].spoken[places[k]];
        const inputs = field.querySelectorAll("input");
        if (data.controls[k].kind === "choice") return void (inputs[places[k]].checked = true);
        Object.assign(inputs[0], { value: places[k], ariaValueText: spoken });
        field.querySelector(".coursekit-value").textContent = spoken;
      });
    },
    paint(frame) {
      const held = overlay.contains(document.activeElement) && document.activeElement.dataset.mark;
      overlay.innerHTML = prefixed(frame.fragment ?? "", prefix);
      // A mark that drags a slider's control needs no focus: the slider is its keyboard.
      const slid = ({ control }) => data.controls.some((c) => c.name === control && c.kind !== "mark");
      const marks = [...svg.querySelectorAll("[data-mark]")];
      const pickable = marks.filter(({ dataset }) => !slid(data.handles[dataset.mark] ?? {}));
      for (const mark of pickable) {
        const name = mark.dataset.mark;
        Object.assign(mark, { tabIndex: 0, role: "button", ariaLabel: mark.ariaLabel ?? name });
        if (name === held) mark.focus();
      }
      picture.role = pickable.length ? "group" : "img";
      picture.ariaLabel = frame.alt ?? `${data.title}. ${frame.fault}`;
      evidence.textContent = frame.evidence ?? "";
      // Words that are longer than any before move the page below them once, and never back.
      if (evidence.textContent.length > room.textContent.length)
        room.textContent = evidence.textContent;
    },
    notify: (text) => Object.assign(notice, { textContent: text, hidden: !text }),
    announce() {
      const words = `${notice.textContent} ${evidence.textContent}`;
      if (find("said").textContent !== words) find("said").textContent = words;
    },
    leave: () => window.removeEventListener("keydown", keep, true),
  };
}

const BUTTON = ([name]) => `<button type="button">${safe(name)}</button>`;
const OPTION = (id) => (words, k) =>
  `<label><input type="radio" name="${id}" value="${k}">${safe(words)}</label>`;
const FIELD = (prefix) => ({ kind, label, positions, spoken }, k) =>
  kind === "choice"
    ? `<fieldset class="coursekit-choice"><legend>${safe(label)}</legend>
        ${spoken.map(OPTION(prefix + k)).join("")}</fieldset>`
    : `<div ${kind === "mark" ? "hidden" : 'class="coursekit-slider"'}><label for="${prefix + k}">${safe(label)}</label>
        <span class="coursekit-value" aria-hidden="true"></span>
        <input type="range" id="${prefix + k}" max="${positions.length - 1}"></div>`;

// Jupyter: an anywidget's model is the host.
export default {
  render({ model, el }) {
    const [script, held] = ["player", "held_frames"].map((name) => model.get(name));
    const names = script.controls.map(({ name }) => name);
    const state = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
    let late, newest; // a kernel that hears of every move answers it, and drags the reader
    let [asked, answered, overtaken] = [0, 0, 0]; // marks: the last one sent, answered, outdated
    let lost = el.classList.contains("jupyter-widgets-disconnected"); // a notebook opened again
    const say = () => {
      for (const name of names) model.set(name, newest[name]);
      model.save_changes();
    };
    const tell = () => {
      if (late) say();
      late = clearTimeout(late); // until here what the model says is the reader's own word
    };
    const send = (message) => [tell(), model.send({ ...message, number: ++asked })];
    const player = mount(el, { ...script, held, state: state() }, {
      ask: (keys) => model.send({ ask: keys }),
      gone: () => lost || model.widget_manager?.kernel?.connectionStatus !== "connected",
      picked: (mark) => send({ picked: mark }),
      dragged: (mark, x, y) => send({ dragged: mark, x, y }),
      changed(next) {
        [newest, overtaken] = [next, asked];
        late ??= setTimeout(tell, OFTEN);
      },
    });
    model.on("msg:custom", ({ frames, milliseconds, number }) => {
      lost = false;
      player.receive(frames, milliseconds); // which sends the newest drag
      if (number === overtaken && number === asked) say(); // over what older answers have set
      answered = number ?? answered;
    });
    model.on("comm_live_update", () => (lost = true)); // its kernel has been restarted, or died
    model.on("change:held_frames", () => player.hold(model.get("held_frames")));
    const heard = () => late || answered < overtaken || player.set(state());
    for (const name of names) model.on(`change:${name}`, heard);
    return () => [tell(), player.destroy()];
  },
};
