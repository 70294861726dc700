using DChat.Core.Keys;

namespace DChat.Core.Tests.Keys;

public sealed class SigningKeyTests
{
    [Fact]
    public void A_seed_gives_the_public_key_of_RFC_8032()
    {
        // RFC 8032 §7.1, test 2
        using var key = SigningKey.FromSeed(Convert.FromHexString("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));

        Assert.Equal("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", key.PublicKey.ToString());
    }

    [Fact]
    public void A_key_is_restored_from_its_seed_and_never_printed()
    {
        using var drawn = SigningKey.Generate();
        var seed = drawn.ExportSeed();
        using var restored = SigningKey.FromSeed(seed);

        Assert.Equal(drawn.PublicKey, restored.PublicKey);
        Assert.Equal(drawn.PublicKey.ToString(), drawn.ToString());
        Assert.DoesNotContain(Convert.ToHexStringLower(seed), drawn.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(33)]
    public void A_seed_of_another_length_is_refused(int length) =>
        Assert.Throws<ArgumentException>(() => SigningKey.FromSeed(new byte[length]));

    [Fact]
    public void A_disposed_key_exports_nothing()
    {
        var key = SigningKey.Generate();
        key.Dispose();

        Assert.Throws<ObjectDisposedException>(() => key.ExportSeed());
    }
}
