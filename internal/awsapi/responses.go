package awsapi

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"time"
)

const requestID = "0b6b2a54-1c54-4b5e-9c4c-3a1f2d5e7f90"

// stsError writes an error in the form of the Query protocol.
func stsError(w http.ResponseWriter, r Refusal) {
	type fault struct{ Type, Code, Message string }
	writeXML(w, r.Status, struct {
		XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ ErrorResponse"`
		Error     fault
		RequestId string //lint:ignore ST1003 as AWS writes it
	}{Error: fault{"Sender", r.Code, r.Message}, RequestId: requestID})
}

// jsonError writes an error in the form of the REST JSON protocol: the code is in a header,
// followed by a URL, as AWS sends it.
func jsonError(w http.ResponseWriter, r Refusal) {
	w.Header().Set("X-Amzn-Errortype", r.Code+":http://internal.amazon.com/coral/com.amazonaws/")
	writeJSON(w, r.Status, map[string]string{"__type": r.Code, "message": r.Message})
}

func writeXML(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("X-Amzn-Requestid", requestID)
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(v) // the client sees a truncated response
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Requestid", requestID)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client sees a truncated response
}

func (s *Server) callerIdentity(w http.ResponseWriter, r *http.Request) {
	if action := r.FormValue("Action"); action != "GetCallerIdentity" {
		stsError(w, Refusal{http.StatusBadRequest, "InvalidAction", "Could not find operation " + action + " for version 2011-06-15"})
		return
	}
	type result struct {
		Arn, UserId, Account string //lint:ignore ST1003 as AWS writes it
	}
	type metadata struct{ RequestId string } //lint:ignore ST1003 as AWS writes it
	writeXML(w, http.StatusOK, struct {
		XMLName  xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
		Result   result   `xml:"GetCallerIdentityResult"`
		Metadata metadata `xml:"ResponseMetadata"`
	}{Result: result{s.account.ARN, "AIDAEXAMPLE", s.account.ID}, Metadata: metadata{requestID}})
}

// function returns the function that the path names; it refuses the call if there is none.
func (s *Server) function(w http.ResponseWriter, r *http.Request) (name, arn string, f Function, found bool) {
	name = r.PathValue("name")
	arn = "arn:aws:lambda:" + cmp.Or(s.account.Region, "us-east-1") + ":" + s.account.ID + ":function:" + name
	if f, found = s.account.Functions[name]; !found {
		jsonError(w, Refusal{http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + arn})
	}
	return name, arn, f, found
}

func (s *Server) functionConfiguration(w http.ResponseWriter, r *http.Request) {
	name, arn, f, found := s.function(w, r)
	if !found {
		return
	}
	environment := map[string]any{"Variables": f.Environment}
	if f.Undecipherable {
		environment = map[string]any{"Error": map[string]string{
			"ErrorCode": "AccessDeniedException", "Message": "Lambda was unable to decrypt your environment variables because the KMS access was denied.",
		}}
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"FunctionName": name, "FunctionArn": arn, "Version": "$LATEST", "Handler": "bootstrap", "Role": f.Role,
		"Runtime": f.Runtime, "PackageType": cmp.Or(f.PackageType, "Zip"), "Architectures": []string{f.Architecture},
		"CodeSize": f.CodeBytes, "CodeSha256": "z0Kk9MRC0gHS0Wwq8QzJCN2nHgZqk3LgXzWJvB1gK1E=", "LastModified": "2026-11-02T10:00:00.000+0000",
		"Timeout": f.TimeoutSeconds, "MemorySize": f.MemoryMB, "Environment": environment,
		"State": cmp.Or(f.State, "Active"), "StateReason": f.StateReason,
		"LastUpdateStatus": cmp.Or(f.LastUpdateStatus, "Successful"), "LastUpdateStatusReason": f.LastUpdateStatusReason,
	})
}

func (s *Server) functionConcurrency(w http.ResponseWriter, r *http.Request) {
	if _, _, f, found := s.function(w, r); found {
		answer := map[string]int{}
		if f.Reserved != nil {
			answer["ReservedConcurrentExecutions"] = *f.Reserved
		}
		writeJSON(w, http.StatusOK, answer)
	}
}

func (s *Server) accountSettings(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"AccountLimit": map[string]any{
			"TotalCodeSize": 80530636800, "CodeSizeUnzipped": 262144000, "CodeSizeZipped": 52428800,
			"ConcurrentExecutions": s.account.Concurrency, "UnreservedConcurrentExecutions": s.account.Unreserved,
		},
		"AccountUsage": map[string]int{"TotalCodeSize": 9437184, "FunctionCount": len(s.account.Functions)},
	})
}

// invoke returns an empty response: the tests only count its calls.
func (s *Server) invoke(w http.ResponseWriter, r *http.Request) {
	if _, _, _, found := s.function(w, r); found {
		writeJSON(w, http.StatusOK, nil)
	}
}

func (s *Server) cluster(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	status, found := s.account.Clusters[id]
	if !found {
		w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
		writeJSON(w, http.StatusNotFound, map[string]string{
			"message": "Cluster " + id + " not found", "resourceId": id, "resourceType": "cluster",
		})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"identifier": id, "arn": "arn:aws:dsql:" + cmp.Or(s.account.Region, "us-east-1") + ":" + s.account.ID + ":cluster/" + id, "status": status,
		"creationTime": time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC).Unix(), "deletionProtectionEnabled": true, "tags": map[string]string{},
	})
}
