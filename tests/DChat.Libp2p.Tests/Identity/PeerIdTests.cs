using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;

namespace DChat.Libp2p.Tests.Identity;

public sealed class PeerIdTests
{
    [Fact]
    public void Both_text_forms_are_the_published_ones()
    {
        using var key = SpecKeys.Ed25519();
        Assert.Equal("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq", key.Peer.ToString());
        Assert.Equal("bafzaajaiaejcahwr5d5ofrfbis4l5d6uwr57hu5tjodrypfm6yaq6dsc2r2pzyt6", key.Peer.ToCid());
        Assert.Equal(
            PeerId.Parse("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe"),
            PeerId.Parse("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"));
    }

    [Fact]
    public void Only_an_inlined_key_can_be_had_from_the_id()
    {
        using var key = SpecKeys.Ed25519();
        Assert.True(key.Peer.TryGetPublicKey(out var inlined));
        Assert.Equal(key.PublicKey, inlined);
        Assert.False(PeerId.Parse("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N").TryGetPublicKey(out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("b")]
    [InlineData("1")]
    [InlineData("Qm")]
    [InlineData("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5O")]
    [InlineData("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx50")]
    [InlineData("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5\u00e9")]
    [InlineData("zQmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")]
    [InlineData("bafybeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe")]
    [InlineData("BAFZBEIE5745RPV2M6TJYUUGYWY4D5EWRQGQQHFNF445HE3OMZPJBX5XQXE")]
    public void Text_that_is_no_peer_id_is_refused(string text) => Assert.False(PeerId.TryParse(text, out _));

    [Fact]
    public void Ids_inline_keys_up_to_the_limit_and_not_beyond()
    {
        Assert.True(PeerId.TryFromBytes(Multihash.Encode(Multihash.IdentityCode, new byte[PeerId.MaxInlineKeyLength]), out _));
        Assert.False(PeerId.TryFromBytes(Multihash.Encode(Multihash.IdentityCode, new byte[PeerId.MaxInlineKeyLength + 1]), out _));
        Assert.False(PeerId.TryFromBytes(Multihash.Encode(Multihash.IdentityCode, []), out _));
        Assert.False(PeerId.TryFromBytes(Multihash.Encode(0x13, new byte[64]), out _));
        Assert.False(PeerId.TryFromBytes([0x12, 0x1f, .. new byte[31]], out _));
        Assert.False(PeerId.TryFromBytes([0x12, 0x20, .. new byte[33]], out _));
    }
}
