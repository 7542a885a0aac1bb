// Package iam has the names of the published module of that name which `pulumi cloud setup aws` is written with, and none
// of its code: nothing here runs that command.
package iam

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var errLeftOut = errors.New("this `pulumi` is built without `pulumi cloud setup aws`; a published one has it")

// Options are those of a request.
type Options struct{}

// Client refuses every request.
type Client struct{}

// NewFromConfig returns a client, whatever the configuration.
func NewFromConfig(aws.Config, ...func(*Options)) *Client { return &Client{} }

// What requests and answers have.
type (
	CreateOpenIDConnectProviderInput struct {
		Url                          *string
		ClientIDList, ThumbprintList []string
	}
	CreateOpenIDConnectProviderOutput       struct{}
	AddClientIDToOpenIDConnectProviderInput struct {
		OpenIDConnectProviderArn, ClientID *string
	}
	AddClientIDToOpenIDConnectProviderOutput struct{}
	CreateRoleInput                          struct {
		RoleName, AssumeRolePolicyDocument, Description *string
	}
	CreateRoleOutput             struct{}
	UpdateAssumeRolePolicyInput  struct{ RoleName, PolicyDocument *string }
	UpdateAssumeRolePolicyOutput struct{}
	AttachRolePolicyInput        struct{ RoleName, PolicyArn *string }
	AttachRolePolicyOutput       struct{}
)

func (*Client) CreateOpenIDConnectProvider(
	context.Context, *CreateOpenIDConnectProviderInput, ...func(*Options),
) (*CreateOpenIDConnectProviderOutput, error) {
	return nil, errLeftOut
}

func (*Client) AddClientIDToOpenIDConnectProvider(
	context.Context, *AddClientIDToOpenIDConnectProviderInput, ...func(*Options),
) (*AddClientIDToOpenIDConnectProviderOutput, error) {
	return nil, errLeftOut
}

func (*Client) CreateRole(context.Context, *CreateRoleInput, ...func(*Options)) (*CreateRoleOutput, error) {
	return nil, errLeftOut
}

func (*Client) UpdateAssumeRolePolicy(
	context.Context, *UpdateAssumeRolePolicyInput, ...func(*Options),
) (*UpdateAssumeRolePolicyOutput, error) {
	return nil, errLeftOut
}

func (*Client) AttachRolePolicy(
	context.Context, *AttachRolePolicyInput, ...func(*Options),
) (*AttachRolePolicyOutput, error) {
	return nil, errLeftOut
}
