namespace DChat.Grains.Identity;

/// <summary>What grain state holds of what a device has sealed.</summary>
[GenerateSerializer, Alias("dchat.DeviceStateRecord")]
public sealed class DeviceStateRecord
{
    /// <summary>The grain storage that holds it.</summary>
    internal const string Storage = "dchat";

    /// <summary>The name of the state.</summary>
    internal const string Name = "device-state";

    /// <summary>The encoded state; empty when there is none.</summary>
    [Id(0)]
    public byte[] Signed { get; set; } = [];
}
