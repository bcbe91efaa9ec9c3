export { normaliseSerial } from "@handfast/core";
