import { z } from "zod";

/** Id of a zone, as targets give it. */
export const zoneId = z
  .string()
  .regex(
    /^[0-9a-f]{32}$/,
    "give the zone's id, 32 lower-case hex digits (on its overview page), not its name",
  );
