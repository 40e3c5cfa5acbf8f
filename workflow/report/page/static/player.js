// The dW player: two runs side by side. Both sides are drawn together, once both frames are loaded, so that they always
// show the same time.
"use strict";

class Player {
  constructor(root) {
    const { data, framesPerSecond } = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    Object.assign(this, { root, data, framesPerSecond });
    this.runs = new Map(); // promises of the runs' data, by name
    this.sides = [...root.querySelectorAll(".side")].map((side) => new Side(side));
    for (const name of ["play", "slider", "speed", "order", "unit"]) this[name] = root.querySelector(`[name=${name}]`);
    this.output = root.querySelector("output");
    this.message = root.querySelector("[role=alert]");
    this.times = []; // at which either run has a frame, in epochs
    this.wanted = 0; // the position in `times` that was asked for,
    this.shown = -1; // and the one that is shown
    this.listen();
    this.load();
  }

  listen() {
    for (const side of this.sides) {
      side.select.addEventListener("change", () => this.load());
      const point = (event) => this.ready && this.choose(side.unitAt(event));
      side.canvas.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(event));
      side.canvas.addEventListener("pointerdown", point);
    }
    this.play.addEventListener("click", () => (this.playing ? this.stop() : this.start()));
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    for (const button of this.root.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => this.go(this.wanted + Number(button.dataset.step)));
    }
    this.order.addEventListener("change", () => this.draw());
    this.unit.addEventListener("input", () => this.draw());
    this.root.addEventListener("keydown", (event) => this.key(event));
    for (const button of document.querySelectorAll("button[data-left]")) {
      button.addEventListener("click", () => this.compare(button.dataset.left, button.dataset.right));
    }
    addEventListener("resize", () => this.draw());
  }

  /** Arrow keys go from frame to frame, and with shift from square to square. */
  key(event) {
    if (event.target.matches("select, input[type=number]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (event.shiftKey && (right || down) && this.ready) {
      const side = this.sides.find(({ canvas }) => canvas === event.target) ?? this.sides[0];
      this.choose(side.neighbor(Number(this.unit.value), right, down));
    } else if (right) this.go(this.wanted + right);
    else if (event.key === "Home") this.go(0);
    else if (event.key === "End") this.go(this.times.length - 1);
    else if (event.key === " " && event.target.matches("canvas")) this.play.click();
    else return;
    event.preventDefault();
  }

  /** Load two runs, or one on the left, and scroll to the player. */
  compare(left, right) {
    this.sides[0].select.value = left;
    if (right) this.sides[1].select.value = right;
    this.load();
    this.root.scrollIntoView();
    this.play.focus({ preventScroll: true });
  }

  /** Load the two selected runs, and show them at the time that was shown before, as far as they have it. */
  async load() {
    this.stop();
    this.ready = false;
    this.root.setAttribute("aria-busy", "true");
    this.message.textContent = "";
    const turn = this.turn = {}; // tells whether the reader has chosen other runs meanwhile
    const before = this.times[this.wanted] ?? 0;
    try {
      const runs = await Promise.all(this.sides.map(({ select }) => this.runData(select.value)));
      if (turn !== this.turn) return;
      this.sides.forEach((side, index) => side.setRun(runs[index]));
    } catch (error) {
      if (turn === this.turn) this.fail(error);
      return;
    }
    const times = this.allFrames().map(({ time }) => time).sort((one, other) => one - other);
    this.times = times.filter((time, index) => !index || time - times[index - 1] > EPSILON);
    this.slider.max = Math.max(0, this.times.length - 1);
    this.unit.max = Math.max(0, ...this.sides.map(({ run }) => run.units.length - 1));
    if (Number(this.unit.value) > Number(this.unit.max)) this.unit.value = this.unit.max;
    this.ready = true;
    this.shown = -1;
    await this.show(this.times.findLastIndex((time) => time <= before + EPSILON));
    if (turn === this.turn) this.root.setAttribute("aria-busy", "false");
  }

  runData(name) {
    if (!this.runs.has(name)) {
      this.runs.set(name, loadData(this.data[name]).then((text) => new RunData(JSON.parse(text))));
      this.runs.get(name).catch(() => this.runs.delete(name));
    }
    return this.runs.get(name);
  }

  allFrames() {
    return this.sides.flatMap(({ run }) => run.frames);
  }

  fail(error) {
    this.stop();
    showError(this.root, error);
  }

  /** Go where the reader asks; stops playing. */
  go(position) {
    this.stop();
    return this.show(position);
  }

  /** Show a position of `times`. A request that comes while a sprite is loading replaces the one before. */
  show(position) {
    this.wanted = Math.max(0, Math.min(position, this.times.length - 1));
    if (!this.busy) this.showing = this.catchUp();
    return this.showing;
  }

  async catchUp() {
    this.busy = true;
    try {
      while (this.ready && this.shown !== this.wanted) {
        const [wanted, turn] = [this.wanted, this.turn];
        const frames = this.sides.map(({ run }) => run.frameAt(this.times[wanted] ?? 0));
        const sprites = await Promise.all(this.sides.map(({ run }, index) => run.sprite(frames[index])));
        if (turn !== this.turn) continue;
        Object.assign(this, { frames, sprites, shown: wanted });
        this.draw();
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.busy = false;
    }
  }

  /** Draw both sides. Nothing in here is asynchronous, so that the two never differ. */
  draw() {
    if (!this.ready || this.shown < 0) return;
    const unit = Number(this.unit.value);
    const time = this.times[this.shown] ?? 0;
    this.sides.forEach((side, index) => {
      side.draw(this.frames[index], this.sprites[index], this.order.value, unit);
      side.describe(this.frames[index], time, unit);
    });
    const label = this.allFrames().find((frame) => Math.abs(frame.time - time) <= EPSILON)?.label ?? "no frames";
    this.slider.value = this.shown;
    this.slider.setAttribute("aria-valuetext", label);
    this.output.textContent = label;
    this.root.dataset.position = this.shown;
  }

  choose(unit) {
    if (!(unit >= 0) || unit === Number(this.unit.value)) return;
    this.unit.value = unit;
    this.draw();
  }

  /** Play to the end, or again from the start. One clock, the browser's, drives both sides. */
  start() {
    if (!this.ready) return;
    this.playing = true;
    this.play.textContent = "Pause";
    this.announce("off"); // ten epochs a second cannot be read out
    const last = Math.max(0, this.times.length - 1);
    if (this.shown >= last) this.show(0);
    const pause = () => 1000 / (this.framesPerSecond * Number(this.speed.value));
    let due = performance.now() + pause();
    const tick = (now) => {
      if (!this.playing) return;
      if (now >= due && !this.busy) {
        if (this.shown >= last) return this.stop();
        due = Math.max(due + pause(), now); // a frame that loads slowly is shown late, not skipped
        this.show(this.shown + 1);
      }
      this.timer = requestAnimationFrame(tick);
    };
    this.timer = requestAnimationFrame(tick);
  }

  stop() {
    cancelAnimationFrame(this.timer);
    this.playing = false;
    this.play.textContent = "Play";
    this.announce("polite");
  }

  /** Whether screen readers read out changes: `polite` or `off`. */
  announce(how) {
    for (const element of this.root.querySelectorAll("[aria-live]")) element.setAttribute("aria-live", how);
  }
}

for (const root of document.querySelectorAll(".player")) {
  root.hidden = false;
  whenNear(root, () => new Player(root));
}
