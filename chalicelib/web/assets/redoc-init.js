// Starts ReDoc; a file of its own because the page's policy allows no inline script.
"use strict";

const place = document.getElementById("viewer");

Redoc.init(place.dataset.schema, { hideDownloadButton: false, nativeScrollbars: true }, place);
