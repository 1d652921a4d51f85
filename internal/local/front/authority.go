package front

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"dsql-load-test/internal/local/front/wire"
)

// caFile is the name of the authority's certificate in its folder.
const caFile = "dsql-front-ca.pem"

// authority is the front's certificate authority. Its key is only in memory.
type authority struct {
	pem  []byte
	file string // of the certificate; "" if no folder was given
	tls  *tls.Config
}

func newAuthority(hosts []string, folder string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	ca := template(1, "dsql-load-test local authority")
	ca.IsCA, ca.BasicConstraintsValid, ca.KeyUsage = true, true, x509.KeyUsageCertSign
	root, err := x509.CreateCertificate(rand.Reader, ca, ca, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	leaf, err := newLeaf(hosts, ca, key)
	if err != nil {
		return nil, err
	}
	text, file := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root}), ""
	if folder != "" {
		file = filepath.Join(folder, caFile)
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return nil, err
		}
	}
	return &authority{pem: text, file: file, tls: &tls.Config{
		Certificates: []tls.Certificate{leaf}, MinVersion: tls.VersionTLS12, NextProtos: []string{wire.ALPN},
	}}, nil
}

func newLeaf(hosts []string, ca *x509.Certificate, caKey *ecdsa.PrivateKey) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	cert := template(2, hosts[0])
	cert.DNSNames, cert.IPAddresses = hosts, []net.IP{net.IPv4(127, 0, 0, 1)}
	cert.KeyUsage, cert.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, cert, ca, &key.PublicKey, caKey)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

func template(serial int64, name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(365 * 24 * time.Hour),
	}
}
