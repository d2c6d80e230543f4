{{/* What runs where: one component per Deployment, or one of all front ends. */}}

{{/* The enabled front ends, comma-separated, in the order of `serve --plugins`. */}}
{{- define "skrytka.enabled" -}}
{{- $names := list -}}
{{- range $name := list "imap" "pop3" "lmtp" "rest" -}}
{{- if (index $.Values.frontEnds $name).enabled -}}
{{- $names = append $names $name -}}
{{- end -}}
{{- end -}}
{{- join "," $names -}}
{{- end -}}

{{/* The component whose pods serve a front end: {root, frontEnd}. */}}
{{- define "skrytka.componentOf" -}}
{{- ternary "all-in-one" .frontEnd (eq .root.Values.mode "all-in-one") -}}
{{- end -}}

{{/* Components as {name: [front ends]} in YAML. */}}
{{- define "skrytka.components" -}}
{{- if eq .Values.mode "all-in-one" -}}
all-in-one: [{{ include "skrytka.enabled" . }}]
{{- else -}}
{{- range splitList "," (include "skrytka.enabled" .) }}
{{ . }}: [{{ . }}]
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Container ports by their name in `service.ports`, with the setting that listens there. They are above 1024, so that the
pods need no privilege; the Services have the well-known ones.
*/}}
{{- define "skrytka.ports" -}}
imap:
  imap: {setting: SKRYTKA_IMAP__LISTEN, port: 1143}
  imaps: {setting: SKRYTKA_IMAP__LISTEN_TLS, port: 1993}
pop3:
  pop3: {setting: SKRYTKA_POP3__LISTEN, port: 1110}
  pop3s: {setting: SKRYTKA_POP3__LISTEN_TLS, port: 1995}
lmtp:
  lmtp: {setting: SKRYTKA_LMTP__LISTEN, port: 2424}
rest:
  http: {setting: SKRYTKA_REST__LISTEN, port: 8080}
{{- end -}}
