"use strict";
(() => {
  const found = document.querySelector('script[data-tilth="pictures"]');
  if (!found) return;
  const { config, locale, pictures } = JSON.parse(found.textContent);
  const specs = new Map(Object.entries(pictures));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const shown = new Set();

  // Colours are named in the specifications and set here, from the page; data are left alone.
  const painted = (value, style) => {
    if (typeof value === "string") {
      const name = /^var\((--[a-z0-9-]+)\)$/.exec(value);
      return name ? style.getPropertyValue(name[1]).trim() : value;
    }
    if (Array.isArray(value)) return value.map((one) => painted(one, style));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, key === "data" ? one : painted(one, style)]));
  };

  // Vega is read when the first picture is asked for. The page's policy knows its text by its hash.
  const embed = (holder, spec, options) => {
    if (!window.tilthVega) {
      const vega = document.createElement("script");
      vega.textContent = document.querySelector('script[data-tilth="vega"]').textContent;
      document.head.append(vega);
      vega.remove();
    }
    return window.tilthVega(holder, spec, options);
  };

  const onLogarithms = (spec) => {
    for (const { encoding } of spec.layer) {
      for (const axis of spec.usermeta.axes) {
        if (!encoding[axis] || !encoding[axis].field) continue;
        const { zero, ...scale } = encoding[axis].scale || {};
        encoding[axis].scale = { ...scale, type: spec.usermeta.log, nice: false };
      }
    }
    return spec;
  };

  const button = (words, label, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = words;
    made.setAttribute("aria-label", `${words}: ${label}`);
    made.addEventListener("click", act);
    return made;
  };

  class Picture {
    constructor(figure, spec) {
      this.figure = figure;
      this.spec = spec;
      this.holder = null;
      this.result = null;
      this.log = false;
      this.tools = document.createElement("div");
      this.tools.className = "tools";
      this.toggle = button("Explore", spec.description, () => (this.holder ? this.close() : this.open()));
      this.toggle.setAttribute("aria-expanded", "false");
      this.tools.append(this.toggle);
      figure.querySelector(":scope > .drawn").after(this.tools);
    }

    async open() {
      const holder = (this.holder = document.createElement("div"));
      holder.className = "explorer";
      holder.setAttribute("aria-hidden", "true"); // the still picture and its table tell the same
      this.tools.before(holder);
      try {
        await this.draw();
      } catch (error) {
        if (this.holder === holder) this.close();
        throw error;
      }
      if (this.holder !== holder) return; // closed while it was drawn
      this.figure.classList.add("explored");
      this.toggle.setAttribute("aria-expanded", "true");
      this.toggle.textContent = "Close";
      this.toggle.setAttribute("aria-label", `Close: ${this.spec.description}`);
      const zoomed = JSON.stringify(this.spec.layer).includes('"bind":"scales"');
      if (this.spec.usermeta) this.tools.append(this.logButton());
      if (zoomed) this.tools.append(this.tool("Reset", () => this.draw()));
      this.tools.append(this.tool("PNG", () => this.save("png")), this.tool("SVG", () => this.save("svg")));
      if (zoomed) {
        const hint = document.createElement("span");
        hint.textContent = "Drag to move; Ctrl and wheel, or pinch, to zoom.";
        this.tools.append(hint);
      }
      shown.add(this);
    }

    close() {
      shown.delete(this);
      if (this.result) this.result.finalize();
      this.holder.remove();
      this.holder = this.result = null;
      this.log = false;
      this.figure.classList.remove("explored");
      this.tools.replaceChildren(this.toggle);
      this.toggle.setAttribute("aria-expanded", "false");
      this.toggle.textContent = "Explore";
      this.toggle.setAttribute("aria-label", `Explore: ${this.spec.description}`);
    }

    async draw() {
      const style = getComputedStyle(document.documentElement);
      const spec = painted(structuredClone(this.spec), style);
      delete spec.title; // the figure has its own
      const options = { mode: "vega-lite", ast: true, actions: false, renderer: "canvas", defaultStyle: false, formatLocale: locale };
      const tooltip = { theme: "custom", disableDefaultStyle: true };
      const { holder, result } = this;
      if (result) result.finalize();
      const drawn = await embed(holder, { ...(this.log ? onLogarithms(spec) : spec), width: "container" }, { ...options, tooltip, config: painted(config, style) });
      if (this.holder !== holder) return drawn.finalize();
      this.result = drawn;
      this.figure.view = drawn.view;
    }

    tool(words, act) {
      return button(words, this.spec.description, act);
    }

    logButton() {
      const made = this.tool("Log scale", async () => {
        this.log = !this.log;
        made.setAttribute("aria-pressed", String(this.log));
        await this.draw();
      });
      made.setAttribute("aria-pressed", "false");
      return made;
    }

    async save(kind) {
      const { view } = this.result;
      const paper = getComputedStyle(document.documentElement).getPropertyValue("--paper").trim();
      const before = view.background();
      const address = await view.background(paper).toImageURL(kind, 2);
      view.background(before);
      const link = document.createElement("a");
      link.href = address;
      link.download = `${this.spec.description.replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 80)}.${kind}`;
      link.click();
    }
  }

  const figures = [...document.querySelectorAll("figure[data-picture]")];
  const bearers = new Map();
  for (const { dataset } of figures) bearers.set(dataset.picture, (bearers.get(dataset.picture) || 0) + 1);
  for (const figure of figures) {
    const name = figure.dataset.picture;
    const spec = bearers.get(name) === 1 && specs.get(name); // long names are cut: two may look alike
    if (spec && figure.querySelector(":scope > .drawn")) new Picture(figure, spec);
  }
  dark.addEventListener("change", () => shown.forEach((one) => one.draw()));
})();
