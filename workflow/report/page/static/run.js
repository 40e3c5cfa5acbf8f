// The data of one run in the dW player: `run_data` of player.py writes them. Frames lie beside the page as sprites:
// images that hold several frames, one below the other.
"use strict";

const EPSILON = 1e-9; // epochs; times that are closer are equal
const FLAGS = { dead: 1, inactive: 2, dark: 4 };

class RunData {
  constructor(data) {
    Object.assign(this, data);
    this.images = new Map(); // promises of the decoded sprites that are in use, by index
    this.units = this.layers.flatMap((layer, layerIndex) => Array.from({ length: layer.units }, (_, index) =>
      ({ layer, index, name: `unit ${index}${this.layers.length > 1 ? ` of layer ${layerIndex + 1}` : ""}` })));
    // Sorted by the mean over all epochs, so that squares keep their places while the epochs pass.
    const activity = this.units.map((_, unit) => this.mean("active", unit));
    this.byIndex = this.units.map((_, unit) => unit);
    this.byActivity = this.layers.flatMap((layer) => this.byIndex.filter((unit) => this.units[unit].layer === layer)
      .sort((one, other) => activity[other] - activity[one] || one - other));
  }

  /** The last frame drawn at `time` (in epochs) or before; -1 if there is none. */
  frameAt(time) {
    return this.frames.findLastIndex((frame) => frame.time <= time + EPSILON);
  }

  /** The epoch whose values belong to `time`: the one that is under way or has just ended, or the run's last. */
  epochAt(time) {
    return Math.min(Math.max(1, Math.ceil(time - EPSILON)), this.epochs);
  }

  /** A unit's value after an epoch (from 1); null if it is not a number. */
  value(column, unit, epoch) {
    return this[column][(epoch - 1) * this.units.length + unit];
  }

  /** A unit's value after each epoch. */
  history(column, unit) {
    return Array.from({ length: this.epochs }, (_, index) => this.value(column, unit, index + 1));
  }

  mean(column, unit) {
    const known = this.history(column, unit).filter((value) => value !== null);
    return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : 0;
  }

  /** The decoded sprite that holds a frame, null for frame -1. Preloads the next sprite. */
  async sprite(frame) {
    if (frame < 0) return null;
    const index = Math.floor(frame / this.in_strip);
    for (const kept of this.images.keys()) { // a decoded sprite takes some ten megabytes
      if (kept < index - 1 || kept > index + 1) this.images.delete(kept);
    }
    if (index + 1 < this.sprites.length) this.image(index + 1).catch(() => {}); // reported when its turn comes
    return this.image(index);
  }

  image(index) {
    if (!this.images.has(index)) {
      const image = new Image();
      image.src = this.sprites[index];
      this.images.set(index, image.decode().then(() => image, () => {
        this.images.delete(index);
        throw new Error(`${this.sprites[index]} is missing`);
      }));
    }
    return this.images.get(index);
  }
}
