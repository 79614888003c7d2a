// Picking and dragging of marks, by mouse, finger and keyboard.

import { ours } from "./places.js";

const REACH = 12; // pixels beside a mark that still take hold of it: a finger is no needle

export function takeHold(picture, svg, on) {
  const directions = { Right: [1, 0], Left: [-1, 0], Up: [0, -1], Down: [0, 1] };
  let hand; // the mark in the first finger's hand, where it was taken, and whether it has moved
  const around = [0, -REACH, REACH].flatMap((x) => [0, -REACH, REACH].map((y) => [x, y]));
  const at = (x, y) => document.elementFromPoint(x, y)?.closest("[data-mark]");
  const near = (x, y) =>
    around.map(([dx, dy]) => at(x + dx, y + dy)).find((mark) => svg.contains(mark))?.dataset.mark;
  const lets = (mark) => getComputedStyle(mark).touchAction === "manipulation"; // the page scroll
  picture.onpointerdown = (event) => {
    const { clientX: x, clientY: y, button, isPrimary } = event;
    if (!isPrimary && !hand?.drags) hand = undefined; // two fingers pick nothing
    const mark = near(x, y);
    if (!mark || button !== 0 || !isPrimary) return;
    const scrolls = event.pointerType === "touch" && lets(event.target);
    hand = { mark, x, y, drags: on.drags(mark) && !scrolls, moved: false };
    picture.setPointerCapture(event.pointerId); // the mark itself is redrawn as it moves
    event.preventDefault();
  };
  // Or the page would scroll; a browser that met no finger yet knows of no ontouchstart.
  const stay = (event) => hand?.drags && event.preventDefault();
  picture.addEventListener("touchstart", stay, { passive: false });
  picture.onpointermove = ({ clientX, clientY, isPrimary }) => {
    if (!hand || !isPrimary) return;
    hand.moved ||= Math.hypot(clientX - hand.x, clientY - hand.y) > 3;
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
    if (hand.drags && hand.moved) on.drag(hand.mark, x, y);
  };
  picture.onpointerup = ({ type, isPrimary, clientX, clientY }) => {
    if (!isPrimary) return;
    const stays = !hand?.moved || (!hand.drags && near(clientX, clientY) === hand.mark);
    if (hand && stays && type === "pointerup") on.pick(hand.mark);
    hand = undefined;
  };
  picture.onpointercancel = picture.onpointerup;
  picture.onkeydown = (event) => {
    const mark = event.target.closest("[data-mark]");
    const drags = mark && on.drags(mark.dataset.mark);
    const direction = drags && directions[event.key.replace("Arrow", "")];
    const picks = event.key === "Enter" || event.key === " ";
    if (!mark || event.defaultPrevented || !ours(event) || !(picks || direction)) return;
    event.preventDefault();
    if (picks) return void on.pick(mark.dataset.mark);
    const { x, y, width, height } = mark.getBBox();
    const step = svg.viewBox.baseVal.width / (event.shiftKey ? 500 : 50);
    const [across, down] = direction.map((by) => by * step);
    on.drag(mark.dataset.mark, x + width / 2 + across, y + height / 2 + down);
  };
}
