// The symbol's field: a click into it selects what stands there, so that what is typed takes its place.
(function () {
  "use strict";
  let isFresh = false;
  const isSearch = (target) => target.id === "symbol";

  document.addEventListener("focusin", ({ target }) => { isFresh = isSearch(target); });
  document.addEventListener("click", ({ target }) => {
    if (isFresh && isSearch(target)) target.select();
    isFresh = false;
  });
})();
