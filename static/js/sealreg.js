// Small comforts of our own. Written for old phone browsers; every page is complete without them.
(function () {
  "use strict";

  function all(selector, scope) {
    return Array.prototype.slice.call((scope || document).querySelectorAll(selector));
  }
  function fill(pattern, name, value) {
    return pattern.replace("%{" + name + "}", value);
  }
  function typing(target) {
    return /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
  }

  // A hand scanner types into what has the focus. Browsers drop autofocus now and then, when a page follows a key quickly.
  function startFocus() {
    var wanted = document.querySelector("[autofocus]"), active = document.activeElement;
    if (!wanted || (active && active !== document.body && active !== wanted)) return;
    wanted.focus();
    if (wanted.select) wanted.select(); // the next scan replaces a refused one
  }

  // Copy buttons appear only where copying works.
  function startCopy(scope) {
    all("[data-copy]", scope).forEach(function (button) {
      if (button.getAttribute("data-ready")) return;
      button.setAttribute("data-ready", "1");
      button.hidden = false;
      button.addEventListener("click", function () {
        var text = button.getAttribute("data-copy");
        var label = button.firstChild;
        var before = label.nodeValue;
        function done() {
          label.nodeValue = button.getAttribute("data-copied");
          setTimeout(function () { label.nodeValue = before; }, 2000);
        }
        if (navigator.clipboard && navigator.clipboard.writeText) {
          navigator.clipboard.writeText(text).then(done, function () { oldCopy(text); done(); });
        } else {
          oldCopy(text);
          done();
        }
      });
    });
  }
  function oldCopy(text) {
    var area = document.createElement("textarea");
    area.value = text;
    area.className = "govuk-visually-hidden";
    document.body.appendChild(area);
    area.select();
    document.execCommand("copy");
    document.body.removeChild(area);
  }

  // Deadlines count on from what the server wrote.
  function span(element, seconds) {
    var minutes = Math.floor(seconds / 60);
    if (minutes < 1) return element.getAttribute("data-now");
    var days = Math.floor(minutes / 1440), hours = Math.floor(minutes % 1440 / 60), rest = minutes % 60, parts = [];
    if (days) parts.push(fill(element.getAttribute("data-day"), "n", days));
    if (hours) parts.push(fill(element.getAttribute("data-hour"), "n", hours));
    if (rest && !days) parts.push(fill(element.getAttribute("data-minute"), "n", rest));
    return parts.join(" ");
  }
  var clockGap = 0;
  function tick() {
    all("[data-deadline]").forEach(function (element) {
      var due = Date.parse(element.getAttribute("datetime"));
      if (isNaN(due)) return;
      var left = Math.floor((due - Date.now() - clockGap) / 1000);
      var words = left < 0 ? fill(element.getAttribute("data-late"), "span", span(element, -left))
        : fill(element.getAttribute("data-left"), "span", span(element, left));
      if (element.textContent !== words) element.textContent = words;
      if (left < 0) element.parentNode.className = "sr-deadline sr-deadline--late";
    });
  }
  function startDeadlines() {
    var root = document.documentElement.getAttribute("data-server-time");
    if (!all("[data-deadline]").length || !root) return;
    // The server's clock counts, not the reader's.
    clockGap = Date.parse(root) - Date.now();
    setInterval(tick, 30000);
  }

  // Chosen pictures are shown before they are sent.
  function startUploads(scope) {
    all("[data-upload]", scope).forEach(function (box) {
      var input = box.querySelector("input[type=file]"), list = box.querySelector("ul");
      if (!input || !list || box.getAttribute("data-ready")) return;
      box.setAttribute("data-ready", "1");
      input.addEventListener("change", function () {
        all("img", list).forEach(function (image) { URL.revokeObjectURL(image.src); });
        list.innerHTML = "";
        Array.prototype.slice.call(input.files || []).forEach(function (file) {
          var item = document.createElement("li"), name = document.createElement("span");
          item.className = "sr-upload__item";
          if (/^image\/(png|jpeg)$/.test(file.type) && window.URL && URL.createObjectURL) {
            var image = document.createElement("img");
            image.className = "sr-upload__picture";
            image.alt = "";
            image.src = URL.createObjectURL(file);
            item.appendChild(image);
          }
          name.textContent = file.name + " · " + Math.max(1, Math.round(file.size / 1024)).toLocaleString() + " KB";
          item.appendChild(name);
          list.appendChild(item);
        });
        list.hidden = !list.children.length;
        var state = box.querySelector("[data-upload-state]");
        if (state && list.children.length) state.textContent = fill(state.getAttribute("data-chosen"), "count", list.children.length);
      });
    });
  }

  // A second click within moments is the same click. The server refuses the double too (form keys).
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.getAttribute("data-sent")) { event.preventDefault(); return; }
    form.setAttribute("data-sent", "1");
    setTimeout(function () { form.removeAttribute("data-sent"); }, 4000);
  });
  window.addEventListener("pageshow", function () {
    all("form[data-sent]").forEach(function (form) { form.removeAttribute("data-sent"); });
  });

  // Work lists by keyboard: j and k walk, Enter opens, / searches, ? explains.
  function startKeys() {
    var help = document.getElementById("keys-help"), opener = document.querySelector("[data-keys-open]"), before = null;
    var current = -1;
    function rows() { return all("table[data-rows] tbody tr"); }
    function go(step) {
      var list = rows();
      if (!list.length) return;
      if (current >= 0 && list[current]) list[current].className = list[current].className.replace(" sr-row--current", "");
      current = Math.max(0, Math.min(list.length - 1, current + step));
      list[current].className += " sr-row--current";
      var link = list[current].querySelector("a[href]");
      if (link) link.focus();
      list[current].scrollIntoView({ block: "nearest" });
    }
    function show(open) {
      if (!help) return;
      if (open && help.hidden) { before = document.activeElement; help.hidden = false; help.focus(); }
      else if (!open && !help.hidden) { help.hidden = true; if (before && before.focus) before.focus(); }
    }
    if (opener) opener.addEventListener("click", function () { show(true); });
    if (help) {
      help.querySelector("[data-keys-close]").addEventListener("click", function () { show(false); });
      help.addEventListener("keydown", function (event) {
        if (event.key !== "Tab") return;
        // The dialog holds one control; focus stays inside until it is closed.
        event.preventDefault();
        help.querySelector("[data-keys-close]").focus();
      });
    }
    document.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape" || event.key === "Esc") { show(false); return; }
      if (typing(event.target)) return;
      if (event.key === "?" && help) { event.preventDefault(); show(true); return; }
      if (help && !help.hidden) return;
      if (event.key === "/") {
        var search = document.querySelector("[data-search], input[type=search]");
        if (search) {
          var folded = search.closest && search.closest("details");
          if (folded) folded.open = true;
          event.preventDefault();
          search.focus();
          if (search.select) search.select();
        }
      } else if (event.key === "j") { go(1); }
      else if (event.key === "k") { go(-1); }
      else if (event.key === "Enter" && current >= 0 && !/^(A|BUTTON|SUMMARY)$/.test(event.target.tagName)) {
        var link = rows()[current] && rows()[current].querySelector("a[href]");
        if (link) link.click();
      }
    });
  }

  // On a phone the filter starts folded, unless it is in use.
  function startFilters() {
    if (window.innerWidth >= 769) return;
    all(".sr-filter details").forEach(function (box) { if (!box.hasAttribute("data-used")) box.open = false; });
  }

  all("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
  startFocus();
  startCopy();
  startUploads();
  startDeadlines();
  startFilters();
  startKeys();
  document.addEventListener("htmx:afterSettle", function (event) { startCopy(event.target); startUploads(event.target); });
})();
