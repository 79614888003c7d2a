// A player of frames: it knows neither Jupyter nor Matplotlib, and needs frame.css beside it.
// mount(element, data, host) -> { hold(frames), receive(answer), set(state), destroy() }
//   data: what Explorer.script() in frame.py says, and `held` (packed frames), `state` (at first)
//   host: { ask(keys), gone(), changed(values), picked(mark), dragged(mark, x, y) }, all optional;
//   without the last two, marks that wait for a kernel say so, and are no buttons
//   answer: { frames, milliseconds }, or { frames, towards } while the one asked for takes longer
// A frame is { fragment, evidence, alt } or { fault }; its key is the place of every control in its
// list of positions, joined by commas. Nothing moves by itself, so no motion has to be reduced.

import { Courier, Frames, unpacked } from "./courier.js";
import { build } from "./page.js";
import { nearest, neighbours, phrase, snapped } from "./places.js";

const WATCH = 2000; // milliseconds until what the reader was told is looked at again
const SETTLED = 400; // milliseconds of rest that end a move
const CHEAP = 40; // milliseconds: dearer frames are not fetched ahead

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
  const courier = new Courier(silent, () => host.ask([]));
  const hand = new Courier(() => inVain(inHand)); // of a drag, too, the newest place is sent
  let inHand; // the mark that was picked or dragged last
  let vain = false; // whether that needs a kernel, and there is none
  const isGone = () => host.gone?.() ?? true;
  const ask = (key, wish) => () => {
    wished = wish;
    host.ask([key]); // throws where nobody can be asked
  };
  const page = build(element, { ...data, states }, prefix, {
    slide: (k, place) => move(places.with(k, place)),
    go: (k) => move(placed(states[k][1])),
    stop: () => move(shown.split(",").map(Number)), // as far as it has come
    answers: data.listens.some((what) => host[what]),
    pick(mark) {
      inHand = mark;
      if (data.picks[mark]) move(placed(data.picks[mark]));
      if (data.listens.includes("picked")) hand.send(() => host.picked(mark));
      else inVain(mark);
    },
    drags: (mark) => mark in data.handles || data.listens.includes("dragged"),
    drag(mark, x, y) {
      const handle = data.handles[(inHand = mark)];
      if (!handle) return hand.want(() => host.dragged(mark, x, y));
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
    vain = false;
    if (tell) hand.want(); // what the reader does now is newer than a drag that waits
    moved = next.findIndex((place, k) => place !== places[k]);
    const changed = controls.filter((_, k) => next[k] !== places[k]);
    places = next;
    show();
    const state = changed.map((c) => [c.name, c.positions[places[controls.indexOf(c)]]]);
    if (tell) host.changed?.(Object.fromEntries(state));
  }

  function show() {
    const key = String(places);
    page.point(places, data.states.map(([, state]) => String(placed(state)) === key));
    const frame = frames.get(key);
    if (frame) paint(frame, key);
    courier.want(frame ? undefined : ask(key, key));
  }

  function paint(frame, key, isOnTheWay = false) {
    shown = key;
    page.paint(frame);
    [rest, watch].forEach(clearTimeout);
    rest = setTimeout(settle, SETTLED);
    if (isOnTheWay) goesOn();
    else if (courier.isSilent && key !== String(places)) silent(); // or it would flicker
    else page.notify(frame.fault ?? "");
  }

  function settle() {
    if (shown !== String(places)) return; // its frame is on its way
    if (taken) page.announce();
    if (!host.ask || cost > CHEAP || !frames.kept.has(shown)) return;
    const near = neighbours(controls, places, moved).filter((key) => !frames.kept.has(key));
    courier.want(undefined, near.map((key) => ask(key)));
  }

  // What a position has that another has not.
  function spoken(key, other) {
    const [there, others] = [key.split(","), other.split(",")];
    const words = controls.map(({ label, spoken: said }, k) => phrase(label, said[there[k]]));
    return words.filter((_, k) => there[k] !== others[k]).join(", ");
  }

  // Nobody has answered for a mark; one that sets or drags a control needs no answer.
  function inVain(mark) {
    if (mark in data.picks || mark in data.handles || !isGone()) return;
    vain = taken = true;
    silent();
  }

  // No answer came in time: the picture stays, or else shows the start.
  function silent() {
    clearTimeout(watch);
    const [gone, isBehind] = [isGone(), shown !== String(places)];
    vain &&= gone;
    if (!vain && !isBehind) return;
    if (!gone) watch = setTimeout(silent, WATCH);
    if (!gone && courier.inParts) return; // that it goes on has been said
    if (!shown) page.paint(frames.get((shown = String(placed(starts)))) ?? {});
    const what = vain ? "This mark" : "A fresh position";
    const needed = `${what} needs a running kernel${host.gone ? ": run the cell" : ""}.`;
    const then = gone ? "" : " until the kernel is free";
    const still = ` The picture still shows ${spoken(shown, String(places))}${then}.`;
    page.notify((gone ? needed : "The kernel is busy.") + (isBehind ? still : ""));
    clearTimeout(rest);
    rest = setTimeout(() => taken && page.announce(), SETTLED);
  }

  function receive({ frames: fresh, milliseconds = 0, towards }) {
    if (!fresh) return answered();
    const here = String(places);
    for (const [key, frame] of Object.entries(fresh)) {
      if (!frame.fault) frames.put(key, frame); // a fault may be gone at the next visit
      // While one drags over fresh positions, or waits for one, the picture follows.
      const isOnTheWay = towards === here && key !== here;
      const follows = (key === wished || isOnTheWay) && !frames.kept.has(here);
      if (key === here || follows) paint(frame, key, isOnTheWay);
    }
    if (towards) return;
    cost = milliseconds;
    courier.came();
  }

  // The kernel has heard of a mark.
  function answered() {
    if (vain && shown === String(places)) page.notify("");
    vain = false;
    hand.came();
  }

  // Longer work: the picture goes along with it, and the reader may stop there.
  function goesOn() {
    clearTimeout(watch);
    const here = String(places);
    page.notify(`On the way to ${spoken(here, shown)}: now at ${spoken(shown, here)}.`, true);
    if (taken && !courier.inParts) page.announce(); // once, and not at each stage
    courier.goesOn();
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
    destroy: () => [page.leave(), ...[rest, watch, courier.timer, hand.timer].map(clearTimeout)],
  };
}
