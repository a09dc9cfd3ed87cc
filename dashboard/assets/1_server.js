// Requests to the server.
(function () {
  "use strict";
  const LONGEST = 30000; // ms; the server itself gives up earlier, so that no answer has got lost by then

  // The JSON that the server returns for a path; null if it returns an error, can't be reached or does not answer in time.
  async function json(path) {
    try {
      const answer = await fetch(path, { signal: AbortSignal.timeout(LONGEST) });
      return answer.ok ? await answer.json() : null;
    } catch (error) {
      if (error instanceof TypeError || error.name === "TimeoutError") return null; // TypeError: it can't be reached
      throw error;
    }
  }

  window.deskServer = { json };
})();
