namespace DaxEmu.Conformance;

/// <summary>A machine with two devices: <c>mlx5_0</c> with two ports, which perftest takes for a card that it knows, and <c>rxe7</c>.</summary>
public sealed class TwoDeviceMachine : Machine
{
    /// <inheritdoc/>
    protected override string Configuration =>
        """
        { "Devices": [
            { "Name": "mlx5_0", "VendorPartId": 4119, "Ports": [ {}, { "Addresses": [ "127.0.0.2", "::1" ] } ] },
            { "Name": "rxe7", "NodeGuid": "02da:7eff:fe40:0007", "Ports": [ { "Addresses": [ "127.0.0.7" ] } ] } ] }
        """;
}
