// The player's own parts, without a browser: node --test tests/frame.test.mjs

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";

import { Courier, Frames, unpacked } from "../coursekit/explorers/courier.js";
import { prefixed } from "../coursekit/explorers/page.js";
import {
  keyed, nearest, neighbours, ours, phrase, snapped,
} from "../coursekit/explorers/places.js";

const z = { positions: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], start: 3, stride: 2 };

test("a value finds the nearest position, an option its own", () => {
  assert.equal(nearest([0, 0.5, 1], 0.6), 1);
  assert.equal(nearest([0, 0.5, 1], 99), 2);
  assert.equal(nearest(["adds", "overwrites"], "overwrites"), 1);
});

test("the words of a value and those of its label do not run into each other", () => {
  assert.equal(phrase("place", "50"), "place 50");
  assert.equal(phrase("weight w₁", "−0.5"), "weight w₁ −0.5");
  assert.equal(phrase("right end of piece 3", "−1"), "right end of piece 3: −1");
  assert.equal(phrase("order of the walk", "depth first"), "order of the walk: depth first");
  assert.equal(phrase("target w*₂", "w* = (1, −1)"), "w* = (1, −1)");
});

test("a mouse finds whole steps from the start on, and never leaves the range", () => {
  assert.deepEqual([0, 1, 4.2, 10].map((place) => snapped(z, place)), [1, 1, 5, 9]);
});

test("arrows move a step, Shift a fine one, Page a tenth, Home and End to the ends", () => {
  assert.equal(keyed(z, 3, "ArrowRight", false), 5);
  assert.equal(keyed(z, 3, "ArrowDown", false), 1);
  assert.equal(keyed(z, 3, "ArrowRight", true), 4);
  assert.equal(keyed(z, 3, "PageUp", false), 5);
  assert.equal(keyed(z, 3, "Home", false), 0);
  assert.equal(keyed(z, 3, "End", false), 10);
  assert.equal(keyed(z, 3, "a", false), undefined);
});

test("a plain arrow comes back to whole steps and moves on from there", () => {
  assert.equal(keyed(z, 4, "ArrowRight", false), 5);
  assert.equal(keyed(z, 4, "ArrowLeft", false), 3);
  assert.equal(keyed(z, 10, "ArrowRight", false), 9);
});

test("plain keys that move something are ours, and to save, to run and to undo is not", () => {
  for (const key of ["ArrowUp", "PageDown", "Home", "Enter", " ", "+", "0"])
    assert.ok(ours({ key }), key);
  assert.ok(ours({ key: "ArrowUp", shiftKey: true }));
  const theirs = [{ key: "s", ctrlKey: true }, { key: "Enter", shiftKey: true }, { key: "z" }];
  for (const event of theirs) assert.ok(!ours(event), event.key);
});

test("ids and what refers to them get a prefix, and nothing else does", () => {
  const svg = '<g id="a"><use xlink:href="#a" clip-path="url(#b)" fill="#fff"/></g>';
  const own = '<g id="p-a"><use xlink:href="#p-a" clip-path="url(#p-b)" fill="#fff"/></g>';
  assert.equal(prefixed(svg, "p-"), own);
});

test("what Python packs is unpacked", async () => {
  const frames = { 0: { evidence: "σ′ = 0.25" } };
  const text = deflateSync(Buffer.from(JSON.stringify(frames))).toString("base64");
  assert.deepEqual(await unpacked(text), frames);
});

test("memory is bounded: held frames stay, of the others the one unused longest goes", () => {
  const frames = new Frames(100);
  const text = { fragment: "0123456789" }; // 20 bytes
  frames.put("held", text, true);
  for (const key of ["a", "b", "c", "d"]) frames.put(key, text);
  assert.equal(frames.bytes, 100);
  frames.get("a");
  frames.put("e", text);
  assert.deepEqual([...frames.kept.keys()].sort(), ["a", "c", "d", "e", "held"]);
  for (let k = 0; k < 10_000; k++) frames.put(`${k}`, text);
  assert.equal(frames.bytes, 100);
  assert.equal(frames.kept.size, 5);
});

test("a frame put twice counts once", () => {
  const frames = new Frames();
  frames.put("a", { fragment: "12" });
  frames.put("a", { fragment: "1234" });
  assert.equal(frames.bytes, 8);
});

test("what was measured is not undone by held frames that come later, and stays", () => {
  const frames = new Frames(40);
  const [offered, measured] = [{ fragment: "measure it" }, { fragment: "in 2.0 ms." }];
  frames.put("a", measured);
  frames.put("a", offered, true);
  assert.equal(frames.get("a"), measured);
  for (let k = 0; k < 9; k++) frames.put(`${k}`, offered);
  assert.equal(frames.get("a"), measured);
  const later = { fragment: "in 1.9 ms." };
  frames.put("a", later);
  frames.put("a", offered, true);
  for (let k = 0; k < 9; k++) frames.put(`${k}`, offered);
  assert.equal(frames.get("a"), later);
});

test("of two sets of held frames the later one holds", () => {
  const frames = new Frames();
  frames.put("a", { fragment: "first" }, true);
  frames.put("a", { fragment: "then" }, true);
  assert.equal(frames.get("a").fragment, "then");
});

test("one request at a time; the newest wish is next and stale ones are dropped", () => {
  const asked = [];
  const courier = new Courier(() => {});
  for (const key of ["a", "b", "c", "d"]) courier.want(() => asked.push(key));
  assert.deepEqual(asked, ["a"]);
  courier.came();
  assert.deepEqual(asked, ["a", "d"]);
  courier.came();
  assert.deepEqual(asked, ["a", "d"]);
});

test("at rest it fetches ahead, and drops that for a wish", () => {
  const asked = [];
  const ask = (key) => () => asked.push(key);
  const courier = new Courier(() => {});
  courier.want(undefined, ["a", "b", "c"].map(ask));
  courier.came();
  courier.want(ask("wish"));
  courier.came();
  courier.came();
  assert.deepEqual(asked, ["a", "b", "wish"]);
  clearTimeout(courier.timer);
});

test("a kernel that was silent is called so at each wish, as long as no answer comes", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let silences = 0;
  const told = (act) => [(silences = 0), act(), silences][2];
  const courier = new Courier(() => silences++, undefined, 100);
  assert.equal(told(() => courier.want(() => {})), 0);
  assert.equal(told(() => t.mock.timers.tick(99)), 0);
  assert.equal(told(() => t.mock.timers.tick(1)), 1);
  for (let move = 0; move < 6; move++) {
    assert.equal(told(() => courier.want(() => {})), 1, `move ${move}`);
    t.mock.timers.tick(1000);
  }
  courier.came();
  assert.equal(told(() => courier.want(() => {})), 0);
});

test("a silent kernel is asked seldom, for the newest wish, and never for what is ahead", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = [];
  const ask = (key) => () => asked.push(key);
  const courier = new Courier(() => {}, undefined, 100);
  const pass = (tenths) => [...Array(tenths)].forEach(() => t.mock.timers.tick(100));
  courier.want(ask("a"));
  pass(2);
  for (const key of ["b", "c"]) courier.want(ask(key));
  assert.deepEqual(asked, ["a"]); // which may yet be answered
  pass(4);
  assert.deepEqual(asked, ["a", "c"]);
  for (let k = 0; k < 10; k++) {
    pass(6);
    courier.want(ask(k));
  }
  assert.deepEqual(asked.slice(2), [...Array(10).keys()]); // and no more seldom later on
  courier.want(undefined, [ask("ahead")]);
  courier.came();
  courier.want(undefined, [ask("ahead")]);
  assert.deepEqual(asked.slice(12), ["ahead"]);
});

test("a kernel slower than one is patient has one request at a time, and is answered", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = [];
  const courier = new Courier(() => {}, undefined, 100);
  for (let k = 0; k < 30; k++) {
    courier.want(() => asked.push(k));
    t.mock.timers.tick(20);
    if (k % 10 === 9) courier.came(); // 200 milliseconds each
  }
  assert.deepEqual(asked, [0, 9, 19, 29]);
});

test("a newer wish ends what comes in parts, and so does to need nothing any more", () => {
  const asked = [];
  const ask = (key) => () => asked.push(key);
  const courier = new Courier(() => {}, ask("nothing"));
  courier.want(ask("far"));
  courier.want(ask("farther")); // its first part has not come: the kernel is busy
  assert.deepEqual(asked, ["far"]);
  courier.goesOn();
  courier.want(ask("near"));
  assert.deepEqual(asked, ["far", "near"]);
  courier.goesOn();
  courier.want(undefined, [ask("ahead")]);
  assert.deepEqual(asked, ["far", "near", "nothing"]);
  courier.came();
  assert.deepEqual(asked, ["far", "near", "nothing", "ahead"]);
  clearTimeout(courier.timer);
});

test("a part that is late does not keep the rest from being stopped", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = [];
  const ask = (key) => () => asked.push(key);
  const courier = new Courier(() => {}, ask("nothing"), 100);
  courier.want(ask("far"));
  courier.goesOn();
  t.mock.timers.tick(100);
  courier.want(undefined);
  assert.deepEqual(asked, ["far", "nothing"]);
});

test("a host that cannot ask at all counts as silent at once", () => {
  let silences = 0;
  const courier = new Courier(() => silences++);
  courier.want(() => {
    throw new Error("no kernel");
  });
  assert.equal(silences, 1);
  assert.equal(courier.timer, undefined);
});

test("what is near is fetched first along the control that moved", () => {
  const two = [z, { positions: ["adds", "overwrites"], stride: 1 }];
  assert.deepEqual(neighbours(two, [3, 0], 1), ["3,1", "5,0", "1,0", "7,0"]);
});
