using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Tests.Identity;

public sealed class KeyTests
{
    [Theory]
    [InlineData(SpecKeys.Ed25519Public, KeyType.Ed25519, "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq")]
    [InlineData(SpecKeys.Secp256k1Public, KeyType.Secp256k1, "16Uiu2HAmLhLvBoYaoZfaMUKuibM6ac163GwKY74c5kiSLg5KvLpY")]
    [InlineData(SpecKeys.EcdsaPublic, KeyType.Ecdsa, "QmVMT29id3TUASyfZZ6k9hmNyc2nYabCo4uMSpDw4zrgDk")]
    [InlineData(SpecKeys.RsaPublic, KeyType.Rsa, "QmaeANgBs1DTSxWSrPPtobgQuxW8XTfsS4ydbK4rCHzqxG")]
    public void The_spec_keys_decode_encode_and_name_their_peers(string hex, KeyType type, string peer)
    {
        Assert.True(PublicKey.TryDecode(Convert.FromHexString(hex), out var key));
        Assert.Equal(type, key.Type);
        Assert.Equal(hex, Convert.ToHexStringLower(key.Encode()));
        Assert.Equal(peer, key.Peer.ToString());
        Assert.Equal(key.Peer, PeerId.Parse(peer));
        Assert.Equal(key.Peer, PeerId.Parse(key.Peer.ToCid()));
    }

    [Fact]
    public void The_spec_private_key_is_the_spec_public_key()
    {
        using var key = SpecKeys.Ed25519();
        Assert.Equal(SpecKeys.Ed25519Public, Convert.ToHexStringLower(key.PublicKey.Encode()));
        Assert.Equal(SpecKeys.Ed25519Private, Convert.ToHexStringLower(key.Encode()));
    }

    [Fact]
    public void A_private_key_with_another_public_half_is_refused()
    {
        var bytes = Convert.FromHexString(SpecKeys.Ed25519Private);
        bytes[^1] ^= 1;
        Assert.False(PrivateKey.TryDecode(bytes, out _));
    }

    [Fact]
    public void A_signature_verifies_for_its_key_and_data_only()
    {
        using var key = SpecKeys.Ed25519();
        using var other = PrivateKey.Generate();
        var signature = key.Sign("data"u8);

        Assert.True(key.PublicKey.Verify("data"u8, signature));
        Assert.False(key.PublicKey.Verify("date"u8, signature));
        Assert.False(other.PublicKey.Verify("data"u8, signature));
        Assert.False(key.PublicKey.Verify("data"u8, signature.AsSpan(1)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0801")]
    [InlineData("08011200")]
    [InlineData("0801121f1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce2")]
    [InlineData("080412201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e")]
    [InlineData("080112ff1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e")]
    public void Bytes_that_are_no_key_are_refused(string hex) => Assert.False(PublicKey.TryDecode(Convert.FromHexString(hex), out _));
}
