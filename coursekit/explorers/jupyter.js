// Jupyter: an anywidget's model is the host of the player.

import { mount } from "./frame.js";

const OFTEN = 50; // milliseconds between two words to the kernel about a control that moves

export default {
  render({ model, el }) {
    const [script, held] = ["player", "held_frames"].map((name) => model.get(name));
    const names = script.controls.map(({ name }) => name);
    const state = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
    let late; // a kernel that hears of every move answers it, and drags the reader
    let newest = {}; // what the reader has moved, and nothing else: Python may move the others
    let [asked, answered, overtaken] = [0, 0, 0]; // marks: the last one sent, answered, outdated
    let lost = el.classList.contains("jupyter-widgets-disconnected"); // a notebook opened again
    const gone = () => lost || model.widget_manager?.kernel?.connectionStatus !== "connected";
    const say = () => {
      for (const [name, value] of Object.entries(newest)) model.set(name, value);
      model.save_changes();
    };
    const tell = () => {
      if (late) say();
      late = clearTimeout(late); // until here what the model says is the reader's own word
    };
    // A kernel may hear of what follows a move before it hears of the move.
    const send = (message) => {
      tell();
      model.send({ ...message, state: state(), number: ++asked });
    };
    const player = mount(el, { ...script, held, state: state() }, {
      ask: (keys) => model.send({ ask: keys }),
      gone,
      picked: (mark) => send({ picked: mark }),
      dragged: (mark, x, y) => send({ dragged: mark, x, y }),
      changed(values) {
        newest = late ? { ...newest, ...values } : values;
        overtaken = asked;
        late ??= setTimeout(tell, OFTEN);
      },
    });
    model.on("msg:custom", ({ number, ...answer }) => {
      lost = false;
      player.receive(answer); // which sends the newest drag
      if (number === overtaken && number === asked) say(); // over what older answers have set
      answered = number ?? answered;
    });
    model.on("comm_live_update", () => (lost = true)); // its kernel has been restarted, or died
    model.on("change:held_frames", () => player.hold(model.get("held_frames")));
    const heard = () => {
      if (answered < overtaken && !gone()) return; // what is old will be answered yet
      player.set(late ? { ...state(), ...newest } : state());
    };
    for (const name of names) model.on(`change:${name}`, heard);
    return () => [tell(), player.destroy()];
  },
};
