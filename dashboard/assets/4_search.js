// The symbol search: typed text replaces the current symbol instead of being appended to it.
(function () {
  "use strict";
  let isFresh = false;
  const isSearch = (target) => target.id === "symbol";
  // While the list is closed, the field contains a symbol and no partial input.
  const isClosed = (target) => isSearch(target) && !target.hasAttribute("aria-controls");

  // The Enter that confirms a text composed by an input method: Safari sends it after the composition, with this code.
  const isOfInputMethod = (event) => event.isComposing || event.keyCode === 229;

  document.addEventListener("focusin", ({ target }) => { isFresh = isSearch(target); });
  document.addEventListener("pointerdown", ({ target }) => { isFresh = isFresh || isClosed(target); }, true);
  document.addEventListener("click", ({ target }) => {
    if (isFresh && isSearch(target)) target.select();
    isFresh = false;
  });
  // The field keeps the focus after a choice, so that the next symbol can be typed at once.
  document.addEventListener("keydown", ({ target, key, ctrlKey, metaKey, altKey }) => {
    if (key.length === 1 && !ctrlKey && !metaKey && !altKey && isClosed(target)) target.select();
  }, true);
  // Enter takes the option that is highlighted. The component itself goes by an index that it sets later, by a timer:
  // typed quickly, or on a busy machine, Enter did nothing.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || isOfInputMethod(event) || !isSearch(event.target) || isClosed(event.target)) return;
    const list = document.getElementById(event.target.getAttribute("aria-controls"));
    const highlighted = list && list.querySelector("[data-combobox-selected]");
    if (!highlighted) return;
    event.preventDefault();
    event.stopPropagation();
    highlighted.click();
  }, true);
})();
