// In the page: when a side's picture was painted anew, and whether anything jumped or went blank.
// A time is taken in the task after the frame in which the picture changed: it is painted then.
([name, kind]) => {
  const box = document.querySelector(`.side-${name}`);
  const beneath = box.querySelector(".beneath");
  const log = { painted: [], inputs: [], jumps: 0, blanks: 0 };
  let dirty = false;
  let place;
  const change = () => (dirty = true);
  const observed = {
    svg: ".coursekit-picture",
    img: ".jp-OutputArea, .widget-output",
    canvas: ".jupyter-matplotlib-canvas-container",
  }[kind];
  const area = box.querySelector(observed);
  const observer = new MutationObserver(() => {
    if (kind === "svg") change();
    for (const image of kind === "img" ? area.querySelectorAll("img") : [])
      if (image !== log.image) (log.image = image).decode().then(change);
  });
  observer.observe(area, { childList: true, subtree: true });
  if (kind === "canvas") {
    const own = CanvasRenderingContext2D.prototype.drawImage;
    CanvasRenderingContext2D.prototype.drawImage = function (...how) {
      if (area.contains(this.canvas)) change();
      return own.apply(this, how);
    };
  }
  const empty = {
    svg: () => !area.querySelector("svg > g:last-child")?.childElementCount,
    img: () => ![...area.querySelectorAll("img")].some((image) => image.naturalWidth),
    canvas: () => !area.querySelector("canvas")?.width,
  }[kind];
  const after = new MessageChannel();
  after.port1.onmessage = () => log.painted.push(performance.now());
  const frame = () => {
    if (dirty) after.port2.postMessage(0);
    dirty = false;
    const now = Math.round(beneath.getBoundingClientRect().top - box.getBoundingClientRect().top);
    log.jumps += place !== undefined && now !== place;
    place = now;
    log.blanks += empty();
    requestAnimationFrame(frame);
  };
  for (const input of ["keydown", "pointermove", "pointerdown", "pointerup"])
    box.addEventListener(input, (e) => log.inputs.push([input, e.timeStamp]), true);
  window.probes = { ...window.probes, [name]: log };
  requestAnimationFrame(frame);
}
