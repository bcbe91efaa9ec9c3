import type { ForeignServer } from "../foreign-server.ts";
import { apache } from "./apache.ts";
import { haproxy } from "./haproxy.ts";
import { nginx } from "./nginx.ts";
import { openssl } from "./openssl.ts";
import { stunnel } from "./stunnel.ts";

export const allServers: readonly ForeignServer[] = [nginx, haproxy, apache, stunnel, openssl];
