using DChat.Core.Identity;

namespace DChat.Core.Tests.Identity;

public sealed class IdentityTextTests : IDisposable
{
    private readonly Household _house = new();

    public void Dispose() => _house.Dispose();

    [Fact]
    public void A_request_survives_copying()
    {
        var text = DeviceRequestText.Create(_house.RequestOf(3));

        Assert.StartsWith("dchatdevice1_", text, StringComparison.Ordinal);
        Assert.Equal(_house.RequestOf(3).Statement, DeviceRequestText.TryParse($"  {text}\n", Given.Network)!.Statement);
        Assert.Null(DeviceRequestText.TryParse(text, "dchat-else"));
    }

    [Fact]
    public void A_damaged_request_is_none()
    {
        var text = DeviceRequestText.Create(_house.RequestOf(3));
        for (var i = 0; i < text.Length; i++)
        {
            Assert.Null(DeviceRequestText.TryParse(text[..i] + (text[i] == 'A' ? 'B' : 'A') + text[(i + 1)..], Given.Network));
        }

        Assert.Null(DeviceRequestText.TryParse(text[..^1], Given.Network));
        Assert.Null(DeviceRequestText.TryParse(text + "A", Given.Network));
        Assert.Null(DeviceRequestText.TryParse(DeviceRequestText.Prefix, Given.Network));
        Assert.Null(DeviceRequestText.TryParse(DeviceRequestText.Prefix + new string('A', 100_000), Given.Network));
        Assert.Null(DeviceRequestText.TryParse(null, Given.Network));
    }

    [Fact]
    public void A_recovery_key_survives_being_written_down_and_a_slip_is_noticed()
    {
        var text = RecoveryKeyText.Create(_house.Recovery);
        using var read = RecoveryKeyText.TryParse(text);

        Assert.Equal(_house.Recovery.PublicKey, read!.PublicKey);
        Assert.Null(RecoveryKeyText.TryParse(text[..^1] + (text[^1] == 'A' ? 'B' : 'A')));
        Assert.Null(RecoveryKeyText.TryParse(DeviceRequestText.Create(_house.RequestOf(1))));
        Assert.Null(RecoveryKeyText.TryParse(RecoveryKeyText.Prefix + "AAAAAAAA"));
    }
}
