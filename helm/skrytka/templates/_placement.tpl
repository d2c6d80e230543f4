{{/* Where the pods of a component go: {root, component}. Selectors are added here, since each component has its own. */}}

{{- define "skrytka.placement" -}}
{{- $values := .root.Values -}}
{{- $selector := include "skrytka.selectorLabels" . | fromYaml -}}
{{- $affinity := dict -}}
{{- with $values.nodeAffinity -}}
{{- $_ := set $affinity "nodeAffinity" . -}}
{{- end -}}
{{- if and (eq $values.mode "scaled") (ne $values.podAntiAffinity "none") -}}
{{- $apart := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" $selector) -}}
{{- if eq $values.podAntiAffinity "hard" -}}
{{- $_ := set $affinity "podAntiAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" (list $apart)) -}}
{{- else -}}
{{- $preferred := dict "weight" 100 "podAffinityTerm" $apart -}}
{{- $_ := set $affinity "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" (list $preferred)) -}}
{{- end -}}
{{- end -}}
{{- with $affinity -}}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if eq $values.mode "scaled" }}
{{- with $values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  - {{- toYaml (merge (dict "labelSelector" (dict "matchLabels" $selector)) .) | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}
