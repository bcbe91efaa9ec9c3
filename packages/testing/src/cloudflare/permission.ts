/** The permission groups that the simulated routes ask for, by their names in the API. */
export type CloudflarePermission =
  | "SSL and Certificates Read"
  | "SSL and Certificates Write"
  | "Zone Settings Read"
  | "Zone Settings Write"
  | "Zone Read"
  | "Config Settings Read"
  | "Config Settings Write"
  | "DNS Read";
