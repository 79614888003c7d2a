// A picture is zoomed by buttons, by + − 0, by Ctrl and the wheel or by two fingers, and moved as
// any page is, or by the mouse. One that is larger than its frame keeps in view what moves.

const FACTOR = 1.25;
const MOST = 8;
const LARGE = { width: 880, height: 480 }; // beyond that a graph scrolls in its frame

// Where a part of a length has to begin so that what lies there can be seen; undefined if it can.
export function brought(start, length, low, high) {
  if (low >= start && high <= start + length) return undefined;
  return Math.max(0, (low + high - length) / 2);
}

export function zoomable(frame, picture, svg, scrolls) {
  const { width, height } = svg.viewBox.baseVal;
  const isLarge = scrolls && (width > LARGE.width || height > LARGE.height);
  let zoom = 1;
  let fingers; // how far two fingers were apart, and the zoom they began with
  let hand; // where the mouse holds the picture
  picture.classList.toggle("coursekit-large", isLarge);

  // The place under a point of the screen stays there.
  function to(next, [x, y]) {
    const { height: tall } = picture.getBoundingClientRect();
    if (zoom === 1) picture.style.height = `${tall}px`; // the page stays as it is
    const fit = Math.min(picture.clientWidth, width);
    const least = Math.min(1, picture.clientHeight / (fit * (height / width)));
    const before = svg.getBoundingClientRect();
    zoom = Math.min(Math.max(next, least), MOST);
    svg.style.maxWidth = "none";
    svg.style.width = `${zoom * fit}px`;
    const after = svg.getBoundingClientRect();
    const share = after.width / before.width;
    picture.scrollLeft += after.left + (x - before.left) * share - x;
    picture.scrollTop += after.top + (y - before.top) * share - y;
    fitted();
  }

  function whole() {
    zoom = 1;
    svg.style.width = svg.style.maxWidth = picture.style.height = "";
    fitted();
  }

  // Of the gate at work, or of the picture.
  const middle = () => {
    const [box, now] = [picture, working(svg)].map((each) => each?.getBoundingClientRect());
    const { left, right, top, bottom } = now ?? box;
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    return [Math.min(Math.max(x, box.left), box.right), Math.min(Math.max(y, box.top), box.bottom)];
  };
  const actions = [
    { sign: "+", keys: "+=", name: "zoom in", act: () => to(zoom * FACTOR, middle()) },
    { sign: "−", keys: "-−_", name: "zoom out", act: () => to(zoom / FACTOR, middle()) },
    { sign: "↔", keys: "0", name: "fit to width", act: whole },
  ];

  // A large picture is all gates; a small one has its buttons while it is zoomed, and always on a
  // telephone, in a strip beneath it.
  const strip = isLarge ? frame : frame.appendChild(document.createElement("div"));
  const tools = strip.appendChild(document.createElement("div"));
  tools.className = "coursekit-zoom";
  if (!isLarge) strip.className = "coursekit-strip";
  for (const { sign, name, act } of actions) {
    const button = tools.appendChild(document.createElement("button"));
    const said = { title: name, ariaLabel: name, textContent: sign };
    Object.assign(button, { type: "button", onclick: act, ...said });
  }
  function fitted() {
    const isWhole = Math.abs(zoom - 1) < 0.01;
    const hadFocus = tools.contains(document.activeElement);
    tools.classList.toggle("coursekit-whole", isWhole);
    if (!isWhole || isLarge) picture.tabIndex = 0; // so that arrow keys scroll it
    if (hadFocus && !tools.checkVisibility()) picture.focus({ preventScroll: true });
  }
  fitted();

  picture.addEventListener("keydown", (event) => {
    const action = actions.find(({ keys }) => keys.includes(event.key));
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action.act();
  });
  const onWheel = (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    to(zoom * 2 ** (-event.deltaY / 300), [event.clientX, event.clientY]);
  };
  picture.addEventListener("wheel", onWheel, { passive: false });

  const apart = ([one, other]) =>
    Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  const between = ([one, other]) => [
    (one.clientX + other.clientX) / 2,
    (one.clientY + other.clientY) / 2,
  ];
  picture.addEventListener("touchstart", ({ touches }) => {
    fingers = touches.length === 2 ? { apart: apart(touches), zoom } : undefined;
  });
  const onTouch = (event) => {
    if (!fingers || event.touches.length !== 2) return;
    event.preventDefault();
    to((fingers.zoom * apart(event.touches)) / fingers.apart, between(event.touches));
  };
  picture.addEventListener("touchmove", onTouch, { passive: false });

  picture.addEventListener("pointerdown", (event) => {
    const { pointerType, button, target, clientX: x, clientY: y } = event;
    if (pointerType !== "mouse" || button || target.closest("[data-mark]")) return;
    hand = { x: x + picture.scrollLeft, y: y + picture.scrollTop };
    picture.setPointerCapture(event.pointerId);
  });
  picture.addEventListener("pointermove", ({ clientX, clientY }) => {
    if (hand) picture.scrollTo(hand.x - clientX, hand.y - clientY);
  });
  for (const end of ["pointerup", "pointercancel"])
    picture.addEventListener(end, () => (hand = undefined));

  follow(picture, svg);
}

const working = (svg) => svg.querySelector("[data-now]");

// After each move the gate at work is in view.
function follow(picture, svg) {
  const moved = () => {
    const now = working(svg)?.getBoundingClientRect();
    if (!now) return;
    const { left, top } = picture.getBoundingClientRect();
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = picture;
    const across = [now.left, now.right].map((x) => x - left + scrollLeft);
    const down = [now.top, now.bottom].map((y) => y - top + scrollTop);
    picture.scrollTo({
      left: brought(scrollLeft, clientWidth, ...across) ?? scrollLeft,
      top: brought(scrollTop, clientHeight, ...down) ?? scrollTop,
    });
  };
  new MutationObserver(moved).observe(svg.lastElementChild, { childList: true });
}
