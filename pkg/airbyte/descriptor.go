package airbyte

// Descriptor names a stream (StreamDescriptor in the protocol). It is
// comparable: an absent, null or empty namespace are one and the same ""
// (issue 45157 of airbytehq/airbyte).
type Descriptor struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name" airbyte:"required"`
}

// String gives "namespace.name", or the bare name where there is no namespace.
func (d Descriptor) String() string {
	if d.Namespace == "" {
		return d.Name
	}
	return d.Namespace + "." + d.Name
}
