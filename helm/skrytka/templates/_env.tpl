{{/* The environment of the containers: everything that Skrytka is told. */}}

{{/*
A setting's value as the environment has it. Helm reads every number as a float, which would print 52428800 as
5.24288e+07; JSON prints it whole.
*/}}
{{- define "skrytka.settingText" -}}
{{- if kindIs "slice" . -}}
{{- $parts := list -}}
{{- range . -}}
{{- $parts = append $parts (include "skrytka.settingText" .) -}}
{{- end -}}
{{- join "," $parts -}}
{{- else if kindIs "string" . -}}
{{- . -}}
{{- else -}}
{{- toJson . -}}
{{- end -}}
{{- end -}}

{{- define "skrytka.settingsEnv" -}}
{{- range $section, $keys := .Values.settings }}
{{- range $key, $value := $keys }}
- name: {{ printf "SKRYTKA_%s__%s" (upper $section) (upper $key) }}
  value: {{ include "skrytka.settingText" $value | toJson }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A variable from a Secret: {name, secret, key}. */}}
{{- define "skrytka.secretEnv" }}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end -}}

{{/* Where the databases are, for the pods and for the migration. */}}
{{- define "skrytka.storeEnv" -}}
- name: SKRYTKA_DATA_DIR
  value: /var/lib/skrytka
{{- with .Values.store }}
{{- if eq .engine "postgresql" }}
{{- include "skrytka.secretEnv" (dict "name" "SKRYTKA_STORE__URL" "secret" .existingSecret "key" .key) }}
{{- with .shardUrlsKey }}
{{- include "skrytka.secretEnv" (dict "name" "SKRYTKA_STORE__SHARD_URLS" "secret" $.Values.store.existingSecret "key" .) }}
{{- end }}
{{- else }}
- name: SKRYTKA_STORE__URL
  value: "sqlite:"
{{- end }}
{{- end }}
{{- end -}}

{{/* Listeners of a component: a port that is 0 in the values is off. {root, frontEnds}. */}}
{{- define "skrytka.listenEnv" -}}
{{- $ports := include "skrytka.ports" . | fromYaml }}
{{- range $frontEnd := .frontEnds }}
{{- $given := (index $.root.Values.frontEnds $frontEnd).service.ports }}
{{- range $name, $each := index $ports $frontEnd }}
- name: {{ $each.setting }}
  value: {{ ternary (printf "%s:%v" $.root.Values.listenHost $each.port) "" (gt (int (index $given $name)) 0) | quote }}
{{- end }}
{{- end }}
- name: SKRYTKA_SERVE__HEALTH_LISTEN
  value: {{ printf "%s:8081" .root.Values.listenHost | quote }}
{{- end -}}

{{/* The Secret of the certificate, where it is used: REST speaks plain HTTP and gets no private key. {root, frontEnds} */}}
{{- define "skrytka.tlsSecret" -}}
{{- if or (has "imap" .frontEnds) (has "pop3" .frontEnds) (has "lmtp" .frontEnds) -}}
{{- .root.Values.tls.existingSecret -}}
{{- end -}}
{{- end -}}

{{/* Everything of a pod: {root, frontEnds, workers}. */}}
{{- define "skrytka.env" -}}
{{- $values := .root.Values -}}
{{ include "skrytka.storeEnv" .root }}
- name: SKRYTKA_SERVE__WORKERS
  value: {{ .workers | quote }}
{{- include "skrytka.listenEnv" . }}
{{- with $values.redis.existingSecret }}
{{- include "skrytka.secretEnv" (dict "name" "SKRYTKA_REDIS__URL" "secret" . "key" $values.redis.key) }}
{{- end }}
{{- if $values.blobs.existingClaim }}
# A folder of its own: the root of a volume may hold others, such as lost+found.
- name: SKRYTKA_BLOBS__URL
  value: file:///blobs/skrytka
{{- end }}
{{- if include "skrytka.tlsSecret" . }}
- name: SKRYTKA_TLS__CERTIFICATE
  value: /etc/skrytka/tls/tls.crt
- name: SKRYTKA_TLS__KEY
  value: /etc/skrytka/tls/tls.key
{{- end }}
{{- if and $values.bootstrapKey.existingSecret (has "rest" .frontEnds) }}
{{- /* Only where keys are asked for: pods that customers connect to do not hold the key to everything. */}}
{{- include "skrytka.secretEnv" (dict "name" "SKRYTKA_BOOTSTRAP_KEY" "secret" $values.bootstrapKey.existingSecret "key" $values.bootstrapKey.key) }}
{{- end }}
{{- include "skrytka.settingsEnv" .root }}
{{- end -}}
