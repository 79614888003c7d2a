// The page of an explorer: everything that touches the DOM.

import { takeHold } from "./marks.js";
import { keyed, ours, snapped } from "./places.js";
import { zoomable } from "./zoom.js";

const safe = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

// Ids are the page's, so each mount gives its own a prefix: two pictures never share one.
export function prefixed(svg, prefix) {
  return svg.replace(/(\sid="|url\(#|href="#)/g, `$1${prefix}`);
}

export function build(element, data, prefix, on) {
  element.innerHTML = `
    <div class="coursekit-explorer" role="group" aria-label="${safe(data.title)}">
      <div class="coursekit-frame">
        <div class="coursekit-picture">${prefixed(data.background, prefix)}</div>
        <p class="coursekit-notice" aria-hidden="true" hidden></p>
        <button type="button" class="coursekit-stop" hidden>Stop here</button>
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
  const [picture, notice, stop] = ["picture", "notice", "stop"].map(find);
  const [evidence, room] = ["evidence", "room"].map(find);
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
  let now; // the place of each control
  const turn = (k, event) => {
    const place = keyed(data.controls[k], now[k], event.key, event.shiftKey);
    if (place === undefined) return;
    event.preventDefault();
    on.slide(k, place);
  };
  fields.forEach((field, k) => {
    const control = data.controls[k];
    field.oninput = ({ target }) => {
      target.value = snapped(control, Number(target.value));
      on.slide(k, Number(target.value));
    };
    field.onkeydown = (event) => {
      if (ours(event) && control.kind !== "choice") turn(k, event);
    };
  });
  const moves = ({ dataset }) => {
    const { control } = data.handles[dataset.mark] ?? {};
    return data.controls.findIndex(({ name }) => name === control);
  };
  picture.addEventListener("keydown", (event) => {
    if (event.target.role === "slider" && ours(event)) turn(moves(event.target), event);
  });
  stop.onclick = on.stop;
  takeHold(picture, svg, on);
  zoomable(find("frame"), picture, svg, data.scrolls);

  // Whether a mark, when it is picked, leaves everything as it is.
  const isThere = ({ dataset }) =>
    data.controls.every(({ name, positions }, k) => {
      const value = data.picks[dataset.mark]?.[name] ?? positions[now[k]];
      return dataset.mark in data.picks && value === positions[now[k]];
    });

  // Say what a mark is, if the keyboard has to reach it.
  function announced(mark, _, marks) {
    const { mark: name } = mark.dataset;
    const k = moves(mark);
    if (k < 0 && !(name in data.picks)) {
      if (!data.listens.length) return mark.removeAttribute("data-mark");
      if (!on.answers) return mark.removeAttribute("aria-label"); // who clicks it is told
    }
    if (k >= 0 && data.controls[k].kind !== "mark") return false; // its slider is its keyboard
    const twins = marks.filter((other) => k >= 0 && moves(other) === k);
    const one = twins.find(isThere) ?? twins[0]; // slider for all; what has no role has no name
    if (twins.length && mark !== one) return mark.removeAttribute("aria-label");
    const says = { tabIndex: 0, role: "button", ariaLabel: mark.ariaLabel ?? name };
    if (k >= 0) {
      const { label, positions, spoken } = data.controls[k];
      const ariaOrientation = data.handles[name].axis === "y" ? "vertical" : "horizontal";
      const [ariaValueMax, ariaValueNow] = [positions.length - 1, now[k]].map(String);
      const range = { ariaValueMin: "0", ariaValueMax, ariaValueNow };
      const value = { ariaLabel: label, ariaValueText: spoken[now[k]], ...range };
      Object.assign(says, { role: "slider", ariaOrientation, ...value });
    }
    return Object.assign(mark, says);
  }

  // Which mark gets the focus of one that is drawn anew, or that is gone to where it leads.
  function heir(held, marks) {
    const { mark: name } = held.dataset;
    const back = name.startsWith("un") ? name.slice(2) : `un${name}`;
    const named = (wanted) => marks.find(({ dataset }) => dataset.mark === wanted);
    const isTwin = (mark) => moves(mark) >= 0 && moves(mark) === moves(held);
    return named(name) ?? marks.find(isTwin) ?? named(back) ?? marks[0];
  }

  return {
    point(places, pressed) {
      now = places;
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
      const held = overlay.contains(document.activeElement) && document.activeElement;
      overlay.innerHTML = prefixed(frame.fragment ?? "", prefix);
      const marks = [...svg.querySelectorAll("[data-mark]")].filter(announced);
      if (held) heir(held, marks)?.focus({ preventScroll: true });
      picture.role = marks.length ? "group" : "img";
      picture.ariaLabel = frame.alt ?? `${data.title}. ${frame.fault}`;
      evidence.textContent = frame.evidence ?? "";
      // Words that are longer than any before move the page below them once, and never back.
      if (evidence.textContent.length > room.textContent.length)
        room.textContent = evidence.textContent;
    },
    notify(text, stoppable = false) {
      Object.assign(notice, { textContent: text, hidden: !text });
      if (document.activeElement === stop && !stoppable) fields[0].querySelector("input").focus();
      stop.hidden = !stoppable;
    },
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
    : `<div ${kind === "mark" ? "hidden" : 'class="coursekit-slider"'}>
        <label for="${prefix + k}">${safe(label)}</label>
        <span class="coursekit-value" aria-hidden="true"></span>
        <input type="range" id="${prefix + k}" max="${positions.length - 1}"></div>`;
