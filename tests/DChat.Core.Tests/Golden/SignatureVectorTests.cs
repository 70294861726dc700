using DChat.Core.Envelopes;

namespace DChat.Core.Tests.Golden;

/// <summary>
/// Signatures on which implementations of Ed25519 differ. All of DChat's must agree: a peer that takes what another rejects
/// is punished for forwarding it.
/// </summary>
public sealed class SignatureVectorTests
{
    private const string Holds = "holds";

    public static TheoryData<string> Names => [.. GoldenVector.Load("signatures.txt").Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_unusual_signature_is_judged_as_in_every_other_implementation(string name)
    {
        var envelope = GoldenVector.Load("signatures.txt").Bytes(name);

        Assert.Equal(RejectionCode.None, Envelope.TryRead(envelope, out var view));
        Assert.Equal(name.StartsWith(Holds, StringComparison.Ordinal), Envelope.VerifySignature(view));
    }
}
