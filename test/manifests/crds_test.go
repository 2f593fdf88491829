package manifests

import (
	"context"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
)

// TestTheAPIServerFindsTheKindsValid by its own validation: schemas are
// structural, rules in CEL compile and cost no more than they may. test/crds asks
// one that runs.
func TestTheAPIServerFindsTheKindsValid(t *testing.T) {
	all := of[*apiextensionsv1.CustomResourceDefinition](installation(t))
	if len(all) != 3 {
		t.Fatalf("%d kinds, want 3", len(all))
	}
	for _, crd := range all {
		apiextensionsv1.SetDefaults_CustomResourceDefinition(crd)
		apiextensionsv1.SetDefaults_CustomResourceDefinitionSpec(&crd.Spec)
		var internal apiextensions.CustomResourceDefinition
		if err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(crd, &internal, nil); err != nil {
			t.Fatal(err)
		}
		internal.Status.StoredVersions = []string{crd.Spec.Versions[0].Name}
		for _, err := range validation.ValidateCustomResourceDefinition(context.Background(), &internal) {
			t.Errorf("%s: %v", crd.Name, err)
		}
	}
}

// TestKindsComeBeforeWhatUsesThem, as everything is applied in the order of the
// files.
func TestKindsComeBeforeWhatUsesThem(t *testing.T) {
	if _, ok := installation(t)[0].(*apiextensionsv1.CustomResourceDefinition); !ok {
		t.Error("the first object of an installation is no kind")
	}
}
