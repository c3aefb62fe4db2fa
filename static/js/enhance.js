// Starts the library's components. A module: browsers too old for it keep the plain page, which is complete.
import { initAll } from "../vendor/govuk-frontend-6.6.0/govuk-frontend.min.js";

initAll();
document.addEventListener("htmx:afterSettle", (event) => initAll({ scope: event.target }));
