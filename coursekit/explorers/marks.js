// Picking and dragging of marks, by mouse, finger and keyboard.

import { ours } from "./places.js";

const REACH = 12; // pixels beside a mark that still take hold of it: a finger is no needle

export function takeHold(picture, svg, on) {
  const directions = { Right: [1, 0], Left: [-1, 0], Up: [0, -1], Down: [0, 1] };
  let hand; // the mark in the first finger's hand, where it was taken, and whether it has moved
  const around = [0, -REACH, REACH].flatMap((x) => [0, -REACH, REACH].map((y) => [x, y]));
  const at = (x, y) => document.elementFromPoint(x, y)?.closest("[data-mark]");
  const lets = (mark) => getComputedStyle(mark).touchAction === "manipulation"; // the page scroll
  picture.onpointerdown = (event) => {
    const { clientX: x, clientY: y, button, isPrimary } = event;
    const found = around.map(([dx, dy]) => at(x + dx, y + dy)).find((mark) => svg.contains(mark));
    if (!found || button !== 0 || !isPrimary) return;
    const scrolls = event.pointerType === "touch" && lets(event.target);
    hand = { mark: found.dataset.mark, x, y, drags: false, scrolls };
    picture.setPointerCapture(event.pointerId); // the mark itself is redrawn as it moves
    event.preventDefault();
  };
  // Or the page would scroll, unless the mark lets it; a browser that met no finger yet knows of no
  // ontouchstart.
  const stay = (event) => hand && !lets(event.target) && event.preventDefault();
  picture.addEventListener("touchstart", stay, { passive: false });
  picture.onpointermove = ({ clientX, clientY, isPrimary }) => {
    if (!hand || !isPrimary) return;
    hand.drags ||= !hand.scrolls && Math.hypot(clientX - hand.x, clientY - hand.y) > 3;
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
    if (hand.drags) on.drag(hand.mark, x, y);
  };
  picture.onpointerup = ({ type, isPrimary }) => {
    if (!isPrimary) return;
    if (hand && !hand.drags && type === "pointerup") on.pick(hand.mark);
    hand = undefined;
  };
  picture.onpointercancel = picture.onpointerup;
  picture.onkeydown = (event) => {
    const mark = event.target.closest("[data-mark]");
    const direction = directions[event.key.replace("Arrow", "")];
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
