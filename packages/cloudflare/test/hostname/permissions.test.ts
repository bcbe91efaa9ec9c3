import { expect, test } from "vitest";
import type { HostnameAction } from "../../src/hostname/actions.ts";
import { permissionsOf } from "../../src/hostname/permissions.ts";
import { bundle, secret, zone } from "./states.ts";

const association = { enabled: true, certificate: bundle("a") };
const of = { zone, hostname: "shop.example.com", from: null } as const;
const [read, write] = ["SSL and Certificates Read", "SSL and Certificates Write"];

const table: [string, HostnameAction | undefined, readonly string[]][] = [
  [
    "reading",
    undefined,
    ["Zone Read", "Zone Settings Read", "Config Settings Read", "DNS Read", "SSL and Certificates Read"],
  ],
  ["upload", { kind: "upload", zone, bundle: bundle("a"), secret }, [read, write]],
  ["associate", { kind: "associate", ...of, to: association }, [read, write]],
  ["repoint", { kind: "repoint", ...of, to: association }, [read, write]],
  ["suppress", { kind: "suppress", ...of, to: { ...association, enabled: false } }, [read, write]],
  ["void", { kind: "void", ...of }, [read, write]],
  ["delete", { kind: "delete", zone, bundle: bundle("a") }, [read, write]],
  ["ssl-rule", { kind: "ssl-rule", ...of, to: "strict" }, ["Config Settings Read", "Config Settings Write"]],
  [
    "ssl-zone",
    { kind: "ssl-zone", zone, from: "full", to: "strict" },
    ["Zone Settings Read", "Zone Settings Write"],
  ],
];

test.each(table)("permissionsOf: %s", (_, action, names) => {
  expect(permissionsOf(zone, action)).toEqual(names.map((allow) => ({ allow, on: zone })));
});
