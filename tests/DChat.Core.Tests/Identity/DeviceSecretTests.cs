using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Identity;

public sealed class DeviceSecretTests
{
    [Fact]
    public void A_seed_gives_the_public_key_of_RFC_8032()
    {
        // RFC 8032 §7.1, test 1
        using var secret = DeviceSecret.FromSeed(Convert.FromHexString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
        Assert.Equal("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", secret.PublicKey.ToString());
    }

    [Fact]
    public void An_exported_seed_restores_the_device()
    {
        using var generated = DeviceSecret.Generate();
        using var restored = DeviceSecret.FromSeed(generated.ExportSeed());
        Assert.Equal(generated.PublicKey, restored.PublicKey);
    }

    [Fact]
    public void Two_generated_devices_differ()
    {
        using var first = DeviceSecret.Generate();
        using var second = DeviceSecret.Generate();
        Assert.NotEqual(first.PublicKey, second.PublicKey);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(33)]
    public void A_seed_of_another_length_is_refused(int length) =>
        Assert.Throws<ArgumentException>(() => DeviceSecret.FromSeed(new byte[length]));

    [Fact]
    public void A_disposed_secret_exports_nothing()
    {
        var secret = DeviceSecret.Generate();
        secret.Dispose();
        Assert.Throws<ObjectDisposedException>(() => secret.ExportSeed());
    }

    [Fact]
    public void Nothing_that_relays_see_links_a_device_across_topics_or_generations()
    {
        using var device = Given.Device();
        using var here = Given.Sealer();
        using var later = Given.Sealer(keyGeneration: 1);
        using var elsewhere = Given.Sealer(topic: Topic.Public(Given.Network, "tea"));
        Bytes32[] keys = [device.PublicKey.Value, here.Author.Value, later.Author.Value, elsewhere.Author.Value];
        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Fact]
    public void The_same_device_is_the_same_author_whenever_it_comes_back()
    {
        using var first = Given.Sealer();
        using var second = Given.Sealer();
        using var other = Given.Sealer(deviceSeed: 2);
        Assert.Equal(first.Author, second.Author);
        Assert.NotEqual(first.Author, other.Author);
    }

    [Fact]
    public void Keys_have_a_text_form_that_reads_back()
    {
        var text = new string('a', 63) + "1";
        Assert.Equal(text, DeviceKey.Parse(text).ToString());
        Assert.Equal(text, AuthorKey.Parse(text).ToString());
        Assert.Throws<FormatException>(() => DeviceKey.Parse(text.AsSpan(1)));
        Assert.Throws<FormatException>(() => AuthorKey.Parse(text + "0"));
    }
}
