/** The permission groups that the simulated routes ask for, by their names in the API. */
export type CloudflarePermission =
  | "SSL and Certificates Read"
  | "SSL and Certificates Write"
  | "Zone Settings Read"
  | "Zone Settings Write"
  | "Zone Read"
  | "Config Settings Read"
  | "Config Settings Write"
  | "Zone WAF Read"
  | "Zone WAF Write"
  /** Of the account's store of certificates, which the groups of nearly the same name for zones do not open. */
  | "Account: SSL and Certificates Read"
  | "Account: SSL and Certificates Write"
  | "DNS Read";
