// The dW player: two runs side by side. Both videos stand still, and are sought frame by frame; what is seen is drawn
// from them only when both have arrived, so that the two sides are never at different moments.
"use strict";

const GAP = 1; // pixels between squares

class Side {
  constructor(root, runs, framesPerSecond) {
    this.root = root;
    this.runs = runs;
    this.framesPerSecond = framesPerSecond;
    this.select = root.querySelector("select");
    this.canvas = root.querySelector("canvas");
    this.video = root.querySelector("video");
    this.pen = this.canvas.getContext("2d");
    this.frame = 0;
  }

  /** Load the run that is selected: its video, and the numbers of its units. */
  async load() {
    const name = this.select.value;
    this.run = this.runs[name];
    const loaded = new Promise((resolve, reject) => {
      this.video.onloadeddata = resolve;
      this.video.onerror = () => reject(new Error(`${this.run.video} cannot be played`));
    });
    this.picture = null;
    this.video.src = this.run.video;
    this.video.load();
    this.run.numbers ??= unpack(this.run.units).then(JSON.parse);
    [this.numbers] = await Promise.all([this.run.numbers, loaded]);
    this.squares = squaresOf(this.run.layers);
    this.canvas.width = Math.max(...this.run.layers.map((layer) => layer.columns * (layer.width + GAP) + GAP));
    const last = this.run.layers.at(-1);
    const top = this.run.layers[0].top;
    this.canvas.height = last.top - top + Math.ceil(last.units / last.columns) * (last.height + GAP) + GAP;
  }

  /** The frame of this side that was drawn at `time`, in epochs, or last before it. */
  at(time) {
    const times = this.run.times;
    let frame = times.length - 1;
    while (frame > 0 && times[frame] > time + 1e-9) frame -= 1;
    return frame;
  }

  /** Show `frame` in the video, which takes a moment. */
  seek(frame) {
    this.frame = frame;
    const { video, framesPerSecond } = this;
    const time = (frame + 0.5) / framesPerSecond; // in the middle of the frame
    if (this.picture === frame && Math.abs(video.currentTime - time) < 0.01 && !video.seeking) return Promise.resolve();
    return new Promise((resolve) => {
      let tries = 0;
      const go = () => { video.currentTime = time + 1e-4 * tries++; };
      // Seeking may get lost where the machine is busy, and is asked for again; a browser that never tells of a picture
      // is believed in the end.
      const again = setInterval(() => (tries > 3 && !video.seeking ? arrive() : go()), 1000);
      const arrive = () => {
        clearInterval(again);
        this.picture = frame;
        resolve();
      };
      // A browser says that it has sought before the picture is there; so the picture is asked which one it is.
      const look = (_, picture) => {
        if (Math.abs(picture.mediaTime * framesPerSecond - frame) < 0.5) arrive();
        else video.requestVideoFrameCallback(look);
      };
      if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(look);
      else video.addEventListener("seeked", arrive, { once: true });
      go();
    });
  }

  /** The epoch of this frame, from 1. */
  get epoch() {
    return Math.max(1, Math.ceil(this.run.times[this.frame] - 1e-9));
  }

  /** How many epochs there are numbers of: of a run that has diverged those that it completed. */
  get epochs() {
    return this.numbers.active.length / this.squares.length;
  }

  number(key, unit, epoch = this.epoch) {
    return this.numbers[key][(epoch - 1) * this.squares.length + unit] ?? null;
  }

  /** Draw the squares from the video, in the chosen order, and mark the chosen unit. */
  draw(byActivity, chosen) {
    this.order = this.squares.map((_, unit) => unit);
    if (byActivity) {
      let start = 0;
      for (const { units } of this.run.layers) { // each layer by itself
        const sorted = this.order.slice(start, start + units)
          .sort((a, b) => this.number("active", b) - this.number("active", a) || a - b);
        this.order.splice(start, units, ...sorted);
        start += units;
      }
    }
    const { pen, canvas, squares, video } = this;
    const top = this.run.layers[0].top;
    pen.imageSmoothingEnabled = false;
    pen.fillStyle = "#404040";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    this.order.forEach((unit, place) => {
      const { x, y, width, height } = squares[unit];
      pen.drawImage(video, x, y, width, height, squares[place].x, squares[place].y - top, width, height);
    });
    const place = this.order.indexOf(chosen);
    if (place >= 0) {
      const { x, y, width, height } = squares[place];
      pen.strokeStyle = "#ff8c00";
      pen.lineWidth = 3;
      pen.strokeRect(x - 0.5, y - top - 0.5, width + 1, height + 1);
    }
  }

  /** The unit whose square is at a point of the screen, or -1. */
  unitAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) * this.canvas.width / box.width;
    const y = (event.clientY - box.top) * this.canvas.height / box.height + this.run.layers[0].top;
    const place = this.squares.findIndex((square) =>
      x >= square.x && x < square.x + square.width && y >= square.y && y < square.y + square.height);
    return place < 0 ? -1 : this.order[place];
  }

  /** Say the numbers of a unit at this epoch, and draw its course over all epochs. */
  describe(unit) {
    const list = this.root.querySelector("dl");
    const known = unit < this.squares.length && this.epochs > 0;
    list.hidden = !known;
    this.root.querySelector(".course").hidden = !known;
    if (!known) return;
    const flags = this.number("flags", unit);
    const yesOrNo = (bit) => (flags === null ? "not a number" : flags & bit ? "yes" : "no");
    const say = {
      active: percent(this.number("active", unit)),
      range: `${scientific(this.number("low", unit))} to ${scientific(this.number("high", unit))}`,
      background: this.number("background", unit) ?? "not a number",
      dead: yesOrNo(1), inactive: yesOrNo(2), dark: yesOrNo(4),
    };
    for (const [name, text] of Object.entries(say)) list.querySelector(`[data-number=${name}]`).textContent = text;
    this.course(unit);
  }

  course(unit) {
    const { epochs } = this;
    const every = Array.from({ length: epochs }, (_, index) => index + 1);
    const x = (epoch) => (epochs > 1 ? 300 * (epoch - 1) / (epochs - 1) : 150);
    const line = (values, full) => values
      .map((value, index) => (value === null ? "" : `${x(index + 1).toFixed(1)},${(44 - 40 * value / full).toFixed(1)}`))
      .join(" ");
    const dark = every.filter((epoch) => this.number("flags", unit, epoch) & 4);
    const silent = every.filter((epoch) => this.number("flags", unit, epoch) & 2);
    const width = Math.max(1, 300 / epochs);
    const bar = (color) => (epoch) =>
      `<rect class="${color}" x="${(x(epoch) - width / 2).toFixed(1)}" y="48" width="${width.toFixed(1)}" height="8"/>`;
    this.root.querySelector(".course svg").innerHTML =
      dark.map(bar("dark")).join("") + silent.map(bar("silent")).join("") +
      `<polyline class="background" points="${line(every.map((e) => this.number("background", unit, e)), 255)}"/>` +
      `<polyline class="active" points="${line(every.map((e) => this.number("active", unit, e)), 1)}"/>` +
      `<line class="now" x1="${x(Math.min(this.epoch, epochs))}" x2="${x(Math.min(this.epoch, epochs))}" y1="0" y2="58"/>`;
  }

  /** Say where this side stands if it has no frame of this moment: a run that has diverged has come to its end. */
  state(label) {
    const own = this.run.labels[this.frame];
    const last = this.frame === this.run.times.length - 1 ? ", its last frame" : "";
    this.root.querySelector(".state").textContent = own === label ? "" : own + last;
  }
}

/** The place of every unit's square in the video. */
function squaresOf(layers) {
  return layers.flatMap(({ units, columns, width, height, top }) =>
    Array.from({ length: units }, (_, unit) => ({
      x: GAP + unit % columns * (width + GAP),
      y: top + GAP + Math.floor(unit / columns) * (height + GAP),
      width,
      height,
    })));
}

const percent = (share) => (share === null ? "not a number" : `${(100 * share).toFixed(2)} %`);
const scientific = (value) => (value === null ? "not a number" : value.toExponential(2).replace("-", "\u2212").replace("e-", "e\u2212"));

class Player {
  constructor(root) {
    const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    this.root = root;
    this.framesPerSecond = data.framesPerSecond;
    this.sides = [...root.querySelectorAll(".side")].map((side) => new Side(side, data.runs, data.framesPerSecond));
    for (const name of ["play", "slider", "speed", "order", "unit"]) this[name] = root.querySelector(`[name=${name}]`);
    this.moment = root.querySelector("output");
    this.message = root.querySelector("[role=alert]");
    this.shown = -1;
    this.wanted = 0;
    this.listen();
    this.load();
  }

  listen() {
    for (const side of this.sides) {
      side.select.addEventListener("change", () => this.load());
      const point = (event) => {
        const unit = side.squares ? side.unitAt(event) : -1;
        if (unit >= 0) this.choose(unit);
      };
      side.canvas.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(event));
      side.canvas.addEventListener("click", point);
    }
    this.play.addEventListener("click", () => (this.playing ? this.stop() : this.start()));
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    for (const button of this.root.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => this.go(this.wanted + Number(button.dataset.step)));
    }
    this.order.addEventListener("change", () => this.draw());
    this.unit.addEventListener("input", () => this.choose(Number(this.unit.value)));
    this.root.addEventListener("keydown", (event) => this.key(event));
    for (const button of document.querySelectorAll("[data-left]")) {
      button.addEventListener("click", () => this.pair(button.dataset.left, button.dataset.right));
    }
  }

  key(event) {
    if (event.target.matches("select, input[type=number]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: 10, ArrowDown: -10 }[event.key];
    if (step) this.go(this.wanted + step);
    else if (event.key === "Home") this.go(0);
    else if (event.key === "End") this.go(this.last);
    else if (event.key === " " && !event.target.matches("button")) this.play.click();
    else return;
    event.preventDefault();
  }

  pair(left, right) {
    [left, right].forEach((name, index) => { this.sides[index].select.value = name; });
    this.load();
    this.root.scrollIntoView();
    this.play.focus({ preventScroll: true });
  }

  async load() {
    this.stop();
    this.message.textContent = "";
    const turn = this.turn = (this.turn ?? 0) + 1;
    this.ready = false;
    this.root.setAttribute("aria-busy", "true");
    try {
      await this.seeking;
      await Promise.all(this.sides.map((side) => side.load()));
    } catch (error) {
      if (turn === this.turn) this.message.textContent = `This cannot be shown: ${error.message}.`;
      return;
    }
    if (turn !== this.turn) return; // another choice was made in the meantime
    // The side with more frames sets the pace.
    this.clock = this.sides.map((side) => side.run).reduce((a, b) => (b.times.length > a.times.length ? b : a));
    this.last = this.clock.times.length - 1;
    this.slider.max = this.last;
    this.unit.max = Math.max(...this.sides.map((side) => side.squares.length)) - 1;
    this.ready = true;
    this.shown = -1;
    await this.go(Math.min(this.wanted, this.last));
    this.root.setAttribute("aria-busy", "false");
  }

  /** A wish of the reader: it ends the playing. */
  go(frame) {
    this.stop();
    return this.show(frame);
  }

  /** Show `frame` on both sides. Wishes that come while the videos seek replace each other. */
  show(frame) {
    this.wanted = Math.max(0, Math.min(frame, this.last ?? 0));
    this.seeking ??= this.seek().finally(() => { this.seeking = null; });
    return this.seeking;
  }

  async seek() {
    while (this.ready && this.shown !== this.wanted) {
      const frame = this.wanted;
      await Promise.all(this.sides.map((side) => side.seek(side.at(this.clock.times[frame]))));
      this.shown = frame;
      this.draw();
    }
  }

  draw() {
    if (!this.ready) return;
    const unit = Number(this.unit.value);
    const label = this.clock.labels[this.shown];
    for (const side of this.sides) {
      side.draw(this.order.value === "activity", unit);
      side.describe(unit);
      side.state(label);
    }
    this.slider.value = this.shown;
    this.slider.setAttribute("aria-valuetext", label);
    this.moment.textContent = label;
    this.root.dataset.frame = this.shown;
  }

  choose(unit) {
    if (!this.ready || !(unit >= 0 && unit <= Number(this.unit.max))) return;
    this.unit.value = unit;
    this.draw();
  }

  async start() {
    if (!this.ready) return;
    const turn = this.playing = {};
    this.play.textContent = "Pause";
    this.moment.setAttribute("aria-live", "off"); // ten epochs a second cannot be read out
    if (this.wanted >= this.last) await this.show(0);
    while (this.playing === turn && this.shown < this.last) {
      const due = performance.now() + 1000 / (this.framesPerSecond * Number(this.speed.value));
      await this.show(this.shown + 1);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    }
    if (this.playing === turn) this.stop();
  }

  stop() {
    this.playing = null;
    this.play.textContent = "Play";
    this.moment.setAttribute("aria-live", "polite");
  }
}

for (const root of document.querySelectorAll(".player")) {
  root.hidden = false;
  whenNear(root, () => new Player(root));
}
