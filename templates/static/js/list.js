// The list of meetings.

import { localiseTimes } from "./format.js";

localiseTimes(document);
