// Sends a chosen file ahead of its form, in pieces, and goes on where it stopped: after a lost line, after a reload.
// Where anything is missing the file input stays as it is and the browser sends the file with the form.
(function () {
  "use strict";

  var REMEMBERED = "sealreg-upload:";
  var PAUSES = [1, 2, 4, 8, 15, 30];

  if (!window.fetch || !window.Promise || !window.Blob || !Blob.prototype.slice) return;

  function remember(key, value) {
    try {
      if (value) localStorage.setItem(REMEMBERED + key, value);
      else localStorage.removeItem(REMEMBERED + key);
    } catch (error) { /* a private window forgets: the upload then starts from the beginning */ }
  }

  function remembered(key) {
    try { return localStorage.getItem(REMEMBERED + key); } catch (error) { return null; }
  }

  function pause(seconds) {
    return new Promise(function (resolve) { setTimeout(resolve, seconds * 1000); });
  }

  function hex(buffer) {
    return Array.prototype.map.call(new Uint8Array(buffer), function (byte) {
      return ("0" + byte.toString(16)).slice(-2);
    }).join("");
  }

  // A mark of the file that survives a reload: its name, size, date and the digest of its two ends.
  async function fingerprint(file, kind) {
    var plain = [kind, file.name, file.size, file.lastModified].join("|");
    if (!window.crypto || !crypto.subtle) return plain;
    var ends = new Blob([file.slice(0, 65536), file.slice(Math.max(0, file.size - 65536))]);
    return plain + "|" + hex(await crypto.subtle.digest("SHA-256", await ends.arrayBuffer())).slice(0, 32);
  }

  function Sender(box) {
    this.box = box;
    this.input = box.querySelector("input[type=file]");
    this.number = box.querySelector("[data-upload-number]");
    this.status = box.querySelector("[data-upload-status]");
    this.progress = box.querySelector("[data-upload-progress]");
    this.form = this.input.form;
    this.turn = 0;
    var token = this.form && this.form.querySelector("input[name=csrfmiddlewaretoken]");
    this.token = token ? token.value : "";
  }

  Sender.prototype.say = function (name, values) {
    var text = this.box.dataset["text" + name] || "";
    Object.keys(values || {}).forEach(function (key) { text = text.replace("%" + key + "%", values[key]); });
    this.status.textContent = text;
  };

  Sender.prototype.ask = async function (method, url, body, headers) {
    var answer = await fetch(url, {
      method: method, body: body, credentials: "same-origin", cache: "no-store", redirect: "manual",
      headers: Object.assign({ "X-CSRFToken": this.token, "Accept": "application/json" }, headers || {}),
    });
    // Sent to the sign-in page: the form will be, too, and keeps what was typed.
    if (answer.type === "opaqueredirect") throw Object.assign(new Error("signed_out"), { status: 401, told: {} });
    var told = answer.status === 204 ? {} : await answer.json().catch(function () { return {}; });
    if (answer.ok) return told;
    throw Object.assign(new Error(told.code || "http_" + answer.status), { status: answer.status, told: told });
  };

  Sender.prototype.begin = async function (file, key) {
    var known = remembered(key);
    if (known) {
      try {
        var found = await this.ask("GET", known);
        if (found.size === file.size && !found.attachment) return found;
      } catch (error) {
        if (!error.status) throw error;
      }
      remember(key, null);
    }
    var started = await this.ask("POST", this.box.dataset.createUrl, JSON.stringify({
      kind: this.box.dataset.kind, name: file.name, size: file.size,
    }), { "Content-Type": "application/json" });
    remember(key, started.url);
    return started;
  };

  Sender.prototype.show = function (percent) {
    this.progress.hidden = false;
    this.progress.value = percent;
  };

  Sender.prototype.send = async function (file, turn, key) {
    var upload = await this.begin(file, key);
    while (upload.received < file.size) {
      if (turn !== this.turn) return;
      var percent = Math.floor((100 * upload.received) / file.size);
      this.show(percent);
      this.say("Sending", { PERCENT: percent + "%" });
      var end = Math.min(upload.received + upload.piece, file.size);
      upload = await this.ask("PATCH", upload.url, await file.slice(upload.received, end).arrayBuffer(), {
        "Content-Type": "application/octet-stream",
        "Content-Range": "bytes " + upload.received + "-" + (end - 1) + "/" + file.size,
      });
    }
    if (turn !== this.turn) return;
    this.show(100);
    this.say("Checking");
    var paper = await this.ask("POST", upload.url + "complete/");
    remember(key, null);
    if (turn !== this.turn) return;
    this.number.value = paper.attachment;
    // The form then carries the number alone; the same bytes are not sent twice.
    this.input.value = "";
    this.progress.hidden = true;
    this.say("Received", { NAME: paper.name });
  };

  Sender.prototype.start = async function () {
    var file = this.input.files && this.input.files[0];
    var turn = ++this.turn;
    this.number.value = "";
    this.progress.hidden = true;
    this.status.textContent = "";
    this.status.classList.remove("govuk-error-message");
    if (!file) return;
    if (file.size > Number(this.box.dataset.maxBytes)) {
      this.refuse(this.box.dataset.textLarge);
      return;
    }
    var key = await fingerprint(file, this.box.dataset.kind);
    for (var tries = 0; turn === this.turn; tries += 1) {
      try {
        await this.send(file, turn, key);
        return;
      } catch (error) {
        if (turn !== this.turn) return;
        // After a conflict the next turn asks where to go on; a changed file starts anew.
        if (error.status === 409 && error.told.code === "upload_changed") remember(key, null);
        if (error.status === 422 || error.status === 404) {
          remember(key, null);
          if (error.status === 404 && tries < 2) continue;
          this.refuse(error.told.message || this.box.dataset.textFallback);
          return;
        }
        if (error.status && error.status !== 409 && error.status < 500 && error.status !== 429) {
          this.leaveToForm();
          return;
        }
        if (tries >= PAUSES.length) {
          this.leaveToForm();
          return;
        }
        this.say("Waiting", { PERCENT: Math.floor(this.progress.value) + "%" });
        await pause(PAUSES[tries]);
      }
    }
  };

  Sender.prototype.refuse = function (sentence) {
    this.input.value = "";
    this.progress.hidden = true;
    this.status.classList.add("govuk-error-message");
    this.status.textContent = sentence;
  };

  Sender.prototype.leaveToForm = function () {
    this.progress.hidden = true;
    this.say("Fallback");
  };

  function wire(root) {
    root.querySelectorAll("[data-resumable]").forEach(function (box) {
      if (box.dataset.wired) return;
      box.dataset.wired = "yes";
      var sender = new Sender(box);
      sender.input.addEventListener("change", function () { sender.start(); });
    });
  }

  wire(document);
  document.addEventListener("htmx:afterSettle", function (event) { wire(event.target); });
})();
