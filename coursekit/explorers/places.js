// Places of a control in its list of positions, and the keys that move it there.

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

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

// Where a control stands: "place 50", "piece 3: −1", "order: depth first", "w* = (1, −1)" alone.
export function phrase(label, spoken) {
  if (spoken.includes(" = ")) return spoken;
  return `${label}${/\d$/.test(label) || !/^[−\d]/.test(spoken) ? ":" : ""} ${spoken}`;
}

// The plain keys that move something here; all others are Jupyter's: save, run, undo.
export function ours({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  if (ctrlKey || metaKey || altKey || (shiftKey && key === "Enter")) return false;
  return /^(Arrow.*|Page.*|Home|End|Enter|[ +=−_0-])$/.test(key);
}

// The keys of the places around one, along the control moved last before the others.
export function neighbours(controls, places, moved) {
  return [...new Set([moved, ...controls.keys()])]
    .flatMap((k) => [1, -1, 2, -2].map((by) => [k, by * controls[k].stride]))
    .filter(([k, by]) => places[k] + by in controls[k].positions)
    .map(([k, by]) => String(places.map((place, n) => (n === k ? place + by : place))));
}
