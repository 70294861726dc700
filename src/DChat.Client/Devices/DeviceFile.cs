using System.Security.Cryptography;
using System.Text.Json;
using DChat.Core;
using DChat.Core.Identity;

namespace DChat.Client.Devices;

/// <summary><c>device.json</c>: the device key. It names its public half, so that damage does not pass for another device.</summary>
internal static class DeviceFile
{
    internal const string Name = "device.json";
    private const int Version = 1;

    /// <summary>Reads the device, or makes one if there is none; processes that do so at once agree on one.</summary>
    public static DeviceSecret LoadOrCreate(HomeDirectory home)
    {
        if (Load(home) is { } known)
        {
            return known;
        }

        // Containers make clients in constructors, which cannot wait otherwise; and this happens once in a device's life.
        using var _ = home.LockAsync(CancellationToken.None).GetAwaiter().GetResult();
        return Load(home) ?? Create(home);
    }

    private static DeviceSecret Create(HomeDirectory home)
    {
        var device = DeviceSecret.Generate();
        var seed = device.ExportSeed();
        var content = JsonSerializer.SerializeToUtf8Bytes(
            new DeviceDocument(Version, device.PublicKey.ToString(), Convert.ToHexStringLower(seed)), HomeJson.Default.DeviceDocument);
        CryptographicOperations.ZeroMemory(seed);
        home.Files.Replace(Name, content);
        CryptographicOperations.ZeroMemory(content);
        return device;
    }

    private static DeviceSecret? Load(HomeDirectory home)
    {
        if (home.Files.Read(Name) is not { } content)
        {
            return null;
        }

        try
        {
            var document = JsonSerializer.Deserialize(content, HomeJson.Default.DeviceDocument);
            if (document is not { Version: Version, Seed: not null } || !Bytes32.TryParse(document.Seed, out var seed))
            {
                throw home.Files.Corrupt(Name, "it does not hold a device key of a version this program knows");
            }

            var device = DeviceSecret.FromSeed(seed.ToArray());
            if (device.PublicKey.ToString() != document.Device)
            {
                device.Dispose();
                throw home.Files.Corrupt(Name, "its key does not belong to the device it names");
            }

            return device;
        }
        catch (JsonException failure)
        {
            throw home.Files.Corrupt(Name, HomeJson.Fault(content), failure);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }
}
