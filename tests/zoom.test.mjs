// node --test tests/zoom.test.mjs

import assert from "node:assert/strict";
import test from "node:test";

import { brought } from "../coursekit/explorers/zoom.js";

test("what is in view moves nothing", () => {
  assert.equal(brought(100, 200, 100, 300), undefined);
  assert.equal(brought(100, 200, 150, 160), undefined);
});

test("what lies outside comes to the middle", () => {
  assert.equal(brought(0, 200, 390, 410), 300);
  assert.equal(brought(300, 200, 290, 310), 200);
});

test("nothing scrolls to before its beginning", () => {
  assert.equal(brought(300, 200, 10, 30), 0);
});
